-- What the adapter keeps beside FreeRADIUS's own tables: which item of which order did what to which subscriber.
-- FreeRADIUS's tables have no key but a running number, and no place for a reference. This one has both; a row of it is
-- written in the same transaction as the rows that it speaks of, so an item is done once or not at all.
CREATE TABLE IF NOT EXISTS tmf_gateway_mark (
    id            bigserial PRIMARY KEY,
    reference     text NOT NULL,             -- the order, as the gateway names it
    item          text NOT NULL,             -- the item; 'cancel <item>' for what undid it, 'reserve <item>' of an address
    verb          text NOT NULL,             -- add, modify, suspend, resume, delete, reserve
    username      text NOT NULL,             -- empty where nobody has it yet
    specification text,
    product       text,
    offering      text,
    address       text,                      -- what was assigned, or given back
    at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (reference, item)
);
CREATE INDEX IF NOT EXISTS tmf_gateway_mark_product ON tmf_gateway_mark (product, id);
CREATE INDEX IF NOT EXISTS tmf_gateway_mark_username ON tmf_gateway_mark (username, id);

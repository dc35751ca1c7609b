-- FreeRADIUS's tables as far as the adapter uses them.
CREATE TABLE radcheck (id serial PRIMARY KEY, username text, attribute text, op varchar(2), value text);
CREATE TABLE radreply (id serial PRIMARY KEY, username text, attribute text, op varchar(2), value text);
CREATE TABLE radgroupreply (id serial PRIMARY KEY, groupname text, attribute text, op varchar(2), value text);
CREATE TABLE radusergroup (id serial PRIMARY KEY, username text, groupname text, priority integer);
CREATE TABLE radippool (
    id bigserial PRIMARY KEY, pool_name text, framedipaddress inet, pool_key text NOT NULL DEFAULT '',
    expiry_time timestamp(0) NOT NULL DEFAULT now(), username text DEFAULT ''
);
INSERT INTO radgroupreply (groupname, attribute, op, value) VALUES
    ('FIBER-100', 'Mikrotik-Rate-Limit', '=', '20M/100M'), ('FIBER-500', 'Mikrotik-Rate-Limit', '=', '50M/500M');
INSERT INTO radippool (pool_name, framedipaddress)
    SELECT 'static', '100.64.0.0'::inet + n FROM generate_series(10, 12) n;

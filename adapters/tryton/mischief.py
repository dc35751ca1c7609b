"""Faults for a demonstration: what somebody may have built into the database of an operator's Tryton.

Each is a trigger of PostgreSQL that works for one order, which the customer's reference in `description` names.
"""

from collections.abc import Mapping

from gateway.ports.errors import SetupError

__all__ = ["FAULTS", "statements"]

_OF_ORDER = "EXISTS (SELECT 1 FROM sale_subscription s WHERE s.id = NEW.subscription AND s.description = {reference})"

FAULTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "early-charge": (
        (
            "BEFORE INSERT ON sale_subscription",
            "IF NEW.description = {reference} THEN NEW.start_date := NEW.start_date - 3; END IF;",
        ),
        (
            "BEFORE INSERT ON sale_subscription_line",
            f"IF {_OF_ORDER} THEN NEW.start_date := NEW.start_date - 3; END IF;",
        ),
    ),
    "wrong-account": (
        (
            "BEFORE INSERT ON sale_subscription",
            """IF NEW.description = {reference} THEN
            SELECT i.party, i.address INTO NEW.party, NEW.invoice_address
            FROM party_identifier i WHERE i.code = {value};
            END IF;""",
        ),
    ),
    "bill-rejected-item": (
        (
            "AFTER INSERT ON sale_subscription_line",  # item 2 is charged as item 1 is, once
            f"""IF {_OF_ORDER} AND NEW.description LIKE '%[item=1]%' THEN
            INSERT INTO sale_subscription_line (subscription, service, description, quantity, unit, unit_price,
            consumption_recurrence, start_date, end_date, create_date, create_uid)
            VALUES (NEW.subscription, NEW.service, regexp_replace(replace(NEW.description, '[item=1]', '[item=2]'),
            'product=[^]]+', 'product=' || {{value}}), NEW.quantity, NEW.unit, NEW.unit_price,
            NEW.consumption_recurrence, NEW.start_date, NEW.end_date, NEW.create_date, NEW.create_uid);
            END IF;""",  # noqa: S608 - all of it stands here
        ),
    ),
    "bill-total-off": (
        (
            "AFTER UPDATE ON account_move",  # once it is posted: Tryton posts nothing that does not balance
            """IF OLD.state <> 'posted' AND NEW.state = 'posted' THEN
            UPDATE account_invoice i SET total_amount_cache = total_amount_cache + 5,
            untaxed_amount_cache = untaxed_amount_cache + 5
            WHERE i.move = NEW.id AND EXISTS (SELECT 1 FROM sale_subscription s
            WHERE s.reference = i.reference AND s.description = {reference});
            END IF;""",
        ),
    ),
}
"""Fault → where its triggers stand and what they do."""


def statements(reference: str, fault: str) -> list[str]:
    """Return the SQL of a fault, such as `wrong-account:BA-1002`. Raises SetupError for one that there is not."""
    name, _, value = fault.partition(":")
    if name not in FAULTS:
        raise SetupError(f"tryton knows no fault {fault!r}", f"use one of {', '.join(FAULTS)}")
    made: list[str] = []
    for number, (where, does) in enumerate(FAULTS[name]):
        key = _name(f"fault {name} {number} {reference}")
        body = does.format(reference=_literal(reference), value=_literal(value))
        made += [
            f"CREATE FUNCTION {key}() RETURNS trigger LANGUAGE plpgsql AS $do$ BEGIN {body} RETURN NEW; END $do$",
            f"CREATE TRIGGER {key} {where} FOR EACH ROW EXECUTE FUNCTION {key}()",
        ]
    return made


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

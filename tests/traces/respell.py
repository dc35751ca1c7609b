"""Other ways to say the same trace: order, units, zones, repetition, names, members that nobody knows."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

__all__ = ["RESPELLINGS", "walk"]

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ID = re.compile(r"(bill:)?((?:PO|PR|SO|SV|B|R|BA|C|P|ADDR|AP|AG|PAY)-[\w.-]+)")
UNITS = {"Mbit/s": ("kbit/s", 1000), "Gbit/s": ("Mbit/s", 1000), "GB": ("MB", 1000), "kbit/s": ("bit/s", 1000)}
SHUFFLED = {
    "facts", "productOrderItem", "serviceOrders", "serviceOrderItem", "appliedCustomerBillingRates", "customerBills", "ledger",
    "productCharacteristic", "serviceCharacteristic", "offerings", "products", "parties", "accounts", "places", "relatedParty",
    "productOrderItemRelationship", "appliedTax", "taxItem", "evidence", "bundledProductOffering",
}  # fmt: skip
OWN = {"value", "units", "characteristic"}
"""Members in which an object is a value, not a thing that could have further members."""

Change = Callable[[str, Any], Any]


def walk(value: Any, change: Change, key: str = "") -> Any:
    """Return a copy in which every member went through `change(name, value)`, the innermost first."""
    if isinstance(value, dict):
        return change(key, {name: walk(one, change, name) for name, one in value.items()})
    if isinstance(value, list):
        return change(key, [walk(one, change, key + "[]") for one in value])
    return change(key, value)


def in_another_order(trace: dict[str, Any], random: Random) -> dict[str, Any]:
    return walk(trace, lambda key, value: random.sample(value, len(value)) if key in SHUFFLED else value)


def in_another_zone(trace: dict[str, Any], random: Random) -> dict[str, Any]:
    def change(_: str, value: Any) -> Any:
        if not isinstance(value, str) or INSTANT.fullmatch(value) is None:
            return value
        offset = timezone(timedelta(minutes=random.choice([0, 60, 330, -300, 720, -570])))
        return datetime.fromisoformat(value).astimezone(offset).isoformat()

    return walk(trace, change)


def in_another_unit(trace: dict[str, Any], random: Random) -> dict[str, Any]:
    def change(_: str, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"amount", "units"} and value["units"] in UNITS:
            unit, factor = UNITS[value["units"]]
            if random.random() < 0.7:
                return {"amount": round(value["amount"] * factor), "units": unit}
        return value

    return walk(trace, change)


def repeated(trace: dict[str, Any], random: Random) -> dict[str, Any]:
    again = [fact for fact in trace["facts"] if random.random() < 0.5]
    return {**trace, "facts": trace["facts"] + again}


def renamed(trace: dict[str, Any], random: Random) -> dict[str, Any]:
    mark = random.choice(["-x", "-0099", "-é"])

    def change(_: str, value: Any) -> Any:
        match = ID.fullmatch(value) if isinstance(value, str) else None
        return f"{value}{mark}" if match else value

    return walk(trace, change)


def with_unknown_members(trace: dict[str, Any], random: Random) -> dict[str, Any]:
    def change(key: str, value: Any) -> Any:
        if isinstance(value, dict) and "unit" not in value and not OWN & value.keys() and random.random() < 0.5:
            return {**value, "x-note": random.choice(["seen", {"by": "Ada"}, [1, "2"], None, True])}
        return value

    return walk(trace, change)


RESPELLINGS = (in_another_order, in_another_zone, in_another_unit, repeated, renamed, with_unknown_members)

"""Quantities in rules: read without raising, and compared in the base unit of their dimension."""

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from gateway.canonical.quantity import UNITS, Quantity, UnknownUnit, read_quantity

__all__ = ["DOWNSTREAM", "SIZED", "plain", "quantity", "unit_problem"]

SIZED = frozenset(
    {
        "downstreamrate",
        "upstreamrate",
        "downloadrate",
        "uploadrate",
        "downstreamspeed",
        "upstreamspeed",
        "downloadspeed",
        "uploadspeed",
        "downstreambandwidth",
        "upstreambandwidth",
        "datarate",
        "bitrate",
        "linerate",
        "bandwidth",
        "speed",
        "throughput",
        "maxdownstreamrate",
        "maxupstreamrate",
        "datavolume",
        "dataallowance",
    }
)
"""Names (lower case) of characteristics that are always quantities, whatever the catalogue says of them."""

DOWNSTREAM = frozenset({"downstreamrate", "downloadrate", "downstreamspeed", "downloadspeed", "downstreambandwidth"})
"""Names (lower case) under which the rate towards the customer is stated."""

_BARE = frozenset({bool, int, float})

_FLAGS = {"true": "true", "yes": "true", "y": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


def quantity(value: Any, unit: str | None = None) -> Quantity | None:
    """Return the quantity that a value states, a bare number in `unit`; None where it states none that can be read."""
    if isinstance(value, str) and value.strip().partition(" ")[2].strip() not in UNITS and unit is None:
        return None  # text that happens to begin with a figure, such as a telephone number
    if isinstance(value, dict) and not (value.get("units") or value.get("unit")):
        return None  # an amount with members for its unit has to fill them; only a bare number takes the catalogue's
    if value is None or (unit is None and value.__class__ in _BARE):
        return None
    try:
        return _read(*_key(value), unit)
    except (UnknownUnit, InvalidOperation, ValueError, TypeError):
        return None


def _key(value: Any) -> tuple[Any, Any]:
    """Return a value as figure and unit, fit to be looked up. Raises TypeError for any other object."""
    if isinstance(value, dict):
        amount = value.get("amount")
        if amount is None or isinstance(amount, bool):
            raise TypeError(value)
        return amount, value.get("units", value.get("unit"))
    if isinstance(value, bool):
        raise TypeError(value)
    return value, None


@lru_cache(maxsize=4096)
def _read(value: Any, stated: Any, unit: str | None) -> Quantity | None:
    # The catalogue's values and a handful of rates come with every order; reading each anew cost a third of a gate.
    return read_quantity(value if stated is None else {"amount": value, "units": stated}, unit)


def unit_problem(value: Any, unit: str | None, *, sized: bool) -> str | None:
    """Return what is wrong with the unit of a value, or None.

    `unit` is the catalogue's for a bare number; `sized` says that the value has to be a quantity.
    """
    if isinstance(value, dict):
        if "amount" not in value or not (sized or "units" in value or "unit" in value or len(value) == 1):
            return None
        return _unit_fault(value["amount"], value.get("units", value.get("unit")))
    if not sized or isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        return _unit_fault(value, unit)
    if isinstance(value, str):
        number, _, rest = value.strip().partition(" ")
        if number.replace(".", "", 1).isdecimal():
            return _unit_fault(number, rest.strip() or unit)
    return None


def _unit_fault(amount: Any, unit: Any) -> str | None:
    if not unit:
        return f"{amount} has no unit"
    return None if str(unit) in UNITS else f"{amount} {unit}: the unit {str(unit)!r} is not known"


def plain(value: Any) -> str:
    """Return an option as text that compares: flags as true or false, without case or blanks."""
    text = str(value).strip().lower()
    return _FLAGS.get(text, text)

"""Comparing what two systems say: quantities by their base unit, sums of money by their currency, all else as it is."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.canonical.money import Money, exact
from gateway.canonical.quantity import UnknownUnit, read_quantity

__all__ = ["lacks", "measured", "money_of", "shown"]

_MONEY = re.compile(r"(-?\d+(?:\.\d+)?) ([A-Z]{3})")


def measured(value: Any) -> Any:
    """Return a value in a form in which equal things are equal: `500 Mbit/s` and `{amount: 500000, units: kbit/s}`."""
    sum_ = money_of(value)
    if sum_ is not None:
        return ("money", sum_.currency, sum_.amount.normalize())
    try:
        quantity = read_quantity(value)
    except (UnknownUnit, InvalidOperation):
        return ("no quantity", str(value))
    return _plain(value) if quantity is None else (quantity.dimension, quantity.base.normalize())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: measured(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [measured(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    return exact(value).normalize() if isinstance(value, int | float | Decimal) else str(value)


def money_of(value: Any) -> Money | None:
    """Return the sum that a value is: `40 EUR`, `{unit, value}` or Money; None where it is none."""
    if isinstance(value, Money):
        return value
    if isinstance(value, str) and (found := _MONEY.fullmatch(value)):
        return Money(amount=Decimal(found[1]), currency=found[2])
    if isinstance(value, Mapping) and set(value) == {"unit", "value"}:
        return Money(amount=exact(value["value"]), currency=str(value["unit"]))
    return None


def lacks(wanted: Mapping[str, Any], said: Mapping[str, Any]) -> list[str]:
    """Return what of a value is absent or other than wanted, a phrase a member."""
    found = []
    for name, value in wanted.items():
        if name not in said:
            found.append(f"{name} is not said; wanted {shown(value)}")
        elif measured(said[name]) != measured(value):
            found.append(f"{name} is {shown(said[name])}; wanted {shown(value)}")
    return found


def shown(value: Any) -> str:
    """Return a value as a person writes it."""
    sum_ = money_of(value)
    if sum_ is not None:
        return f"{sum_.amount:f} {sum_.currency}"
    if isinstance(value, Mapping) and "amount" in value:
        return f"{value['amount']} {value.get('units', value.get('unit', '(no unit)'))}"
    if isinstance(value, str):
        return value if isinstance(measured(value), tuple) else repr(value)
    return str(value)

"""Quantities with units: data rates and volumes in SI (GB = 10⁹ bytes), after UCUM's way of writing them."""

import re
from decimal import Decimal

from gateway.canonical.base import Model
from gateway.canonical.money import exact

__all__ = ["UNITS", "Quantity", "UnknownUnit", "read_quantity"]

UNITS: dict[str, tuple[str, Decimal]] = {
    "bit/s": ("rate", Decimal(1)),
    "kbit/s": ("rate", Decimal(10**3)),
    "Mbit/s": ("rate", Decimal(10**6)),
    "Gbit/s": ("rate", Decimal(10**9)),
    "bps": ("rate", Decimal(1)),
    "kbps": ("rate", Decimal(10**3)),
    "Mbps": ("rate", Decimal(10**6)),
    "Gbps": ("rate", Decimal(10**9)),
    "byte": ("data", Decimal(1)),
    "kB": ("data", Decimal(10**3)),
    "MB": ("data", Decimal(10**6)),
    "GB": ("data", Decimal(10**9)),
    "TB": ("data", Decimal(10**12)),
    "GiB": ("data", Decimal(2**30)),
    "1": ("count", Decimal(1)),
    "dBm": ("level", Decimal(1)),
}
"""Unit → (dimension, factor to the dimension's base unit). Spelling matters: `mbps` is not in the table."""


# A text is a quantity only if one word with letters follows its number: "415 279 7439" and "12 Main Street" are none.
_LOOKS_LIKE_A_UNIT = re.compile(r"[A-Za-z]+(/[A-Za-z]+)?|1")


class UnknownUnit(ValueError):
    """A quantity came with no unit, or with one that the table lacks. Never guessed."""


class Quantity(Model):
    """An exact amount in a known unit."""

    amount: Decimal
    unit: str

    @property
    def dimension(self) -> str:
        """`rate`, `data`, `count` or `level`. Raises UnknownUnit."""
        return _row(self.unit)[0]

    @property
    def base(self) -> Decimal:
        """The amount in the dimension's base unit (bit/s, byte). Raises UnknownUnit."""
        return self.amount * _row(self.unit)[1]

    def to(self, unit: str) -> "Quantity":
        """Return the same quantity in another unit of its dimension. Raises UnknownUnit."""
        dimension, factor = _row(unit)
        if dimension != self.dimension:
            raise UnknownUnit(f"{self.unit} is no {dimension}, so it cannot be said in {unit}")
        return Quantity(amount=self.base / factor, unit=unit)


def read_quantity(value: object, default_unit: str | None = None) -> Quantity | None:
    """Read `{amount, units}`, `"500 Mbit/s"` or a bare number in `default_unit`; None where it is no quantity.

    Raises UnknownUnit for a number whose unit is absent or unknown.
    """
    if isinstance(value, dict) and "amount" in value:
        amount, unit = value["amount"], value.get("units", value.get("unit", default_unit))
    elif isinstance(value, str):
        number, _, unit = value.strip().partition(" ")
        amount, unit = number, unit.strip() or default_unit
        if not _is_number(number) or unit is None or not _LOOKS_LIKE_A_UNIT.fullmatch(unit):
            return None
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if default_unit is None:
            return None
        amount, unit = value, default_unit
    else:
        return None
    if not unit:
        raise UnknownUnit(f"{amount} has no unit")
    _row(str(unit))
    return Quantity(amount=exact(amount), unit=str(unit))


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _row(unit: str) -> tuple[str, Decimal]:
    try:
        return UNITS[unit]
    except KeyError:
        raise UnknownUnit(f"unit {unit!r} is not in the table of units") from None

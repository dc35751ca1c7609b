"""Figures with a unit, and rates of tax. A figure without a unit is refused unless its field says which it has."""

import re
from decimal import Decimal
from typing import Any, Literal

from pydantic import field_validator

from gateway.canonical.quantity import UNITS, Quantity
from gateway.vocabulary.fields.blank import FieldFile, Misread
from gateway.vocabulary.taxes import percent_of, rate_in
from gateway.vocabulary.units import unit_named

__all__ = ["Measure", "TaxRate"]

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,9})?")


def _exact(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Misread(f"{text[:40]!r} is no number")
    return Decimal(text)


class Measure(FieldFile):
    """A quantity. `unit` is that of a bare figure; without it the unit stands after the figure."""

    dimension: Literal["rate", "data", "count", "level"]
    unit: str | None = None

    @field_validator("unit")
    @classmethod
    def _known(cls, unit: str | None) -> str | None:
        if unit is not None and unit not in UNITS:
            raise ValueError(f"unit {unit!r} is not known; use one of {', '.join(UNITS)}")
        return unit

    def read(self, value: Any) -> Quantity:
        """Return the quantity. Raises Misread for a unit that is absent, twofold, unknown or of another kind."""
        figure, _, said = str(value).strip().partition(" ")
        if bool(said) == (self.unit is not None):
            raise Misread(f"{str(value)[:40]!r} has {'two units' if said else 'no unit'}")
        unit = self.unit or unit_named(said.strip())
        if unit is None or UNITS[unit][0] != self.dimension:
            raise Misread(f"{said[:20]!r} is no unit of {self.dimension}")
        return Quantity(amount=_exact(figure), unit=unit)

    def write(self, quantity: Quantity) -> str:
        """Return a quantity as the system writes it."""
        if self.unit is None:
            return f"{quantity.amount:f} {quantity.unit}"
        amount = quantity.to(self.unit).amount
        return f"{amount.normalize():f}"

    def text(self, quantity: Quantity) -> str:
        """Return a quantity as an example says it: in the dimension's base unit."""
        base = next(unit for unit, row in UNITS.items() if row == (self.dimension, Decimal(1)))
        return f"{quantity.base.normalize():f} {base}"


class TaxRate(FieldFile):
    """A rate of tax: 20 per cent is 20, 200 or 0.2."""

    form: Literal["percent", "permille", "fraction"]

    def read(self, value: Any) -> Decimal:
        """Return the rate in per cent. Raises Misread for one of 100 per cent or more."""
        percent = percent_of(_exact(str(value).strip()), self.form)
        if not 0 <= percent < 100:
            raise Misread(f"a tax of {percent:f} per cent is none")
        return percent

    def write(self, percent: Decimal) -> str:
        """Return a rate as the system writes it."""
        return f"{rate_in(percent, self.form).normalize():f}"

    @staticmethod
    def text(percent: Decimal) -> str:
        """Return a rate as an example says it: in per cent."""
        return f"{percent.normalize():f}"

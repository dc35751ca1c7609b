"""What a story costs, worked out from the words of the design alone: days over days, rounded half up once a line."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.traces.clock import Clock

__all__ = ["PLACES", "amount_of", "charged_net", "money", "tax_of"]

PLACES = {"JPY": 0, "KWD": 3}
"""Decimal places of the currencies that have not two."""


def amount_of(price: Mapping[str, Any]) -> Decimal:
    return Decimal(str(price["net"]["value"]))


def rounded(amount: Decimal, unit: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-PLACES.get(unit, 2)), ROUND_HALF_UP)


def charged_net(
    price: Mapping[str, Any], quantity: int, start: date, end: date, clock: Clock, proration: str, less: int = 0
) -> Decimal:
    """Return what `[start, end)` of the clock's month costs without tax. `less` is a discount in per cent."""
    full = amount_of(price) * quantity * (100 - less) / 100
    unit = price["net"]["unit"]
    is_whole = start == clock.first and end == clock.end
    if price["type"] != "recurring" or proration == "none" or is_whole:
        return rounded(full, unit)
    base = 30 if proration == "30-day" else clock.length
    return rounded(full * (end - start).days / base, unit)


def tax_of(net: Decimal, percent: Any, unit: str) -> Decimal:
    return rounded(net * Decimal(str(percent)) / 100, unit)


def money(amount: Decimal, unit: str) -> dict[str, Any]:
    """Return the wire's Money; a yen is written without decimals."""
    value = rounded(amount, unit)
    return {"unit": unit, "value": int(value) if value == value.to_integral_value() else float(value)}

"""Money in rules: minor units, rounding, and money inside a fact's value."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from gateway.canonical.money import CURRENCY_EXPONENTS, Money, exact
from gateway.rules.kept import kept

if TYPE_CHECKING:
    from gateway.rules.context import Context

__all__ = ["money_in", "money_of", "near", "number_in", "quantum", "rounded", "say"]

_NUMBERS = (int, float, str, Decimal)
_QUANTA = {currency: Decimal(1).scaleb(-exponent) for currency, exponent in CURRENCY_EXPONENTS.items()}
_CENT = Decimal("0.01")


def quantum(currency: str) -> Decimal:
    """Return one minor unit of a currency: 0.01 for EUR, 1 for JPY; 0.01 for a currency that is not known."""
    return _QUANTA.get(currency, _CENT)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Return an amount rounded half up (away from zero) to the currency's minor unit."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def near(one: Decimal, other: Decimal, currency: str) -> bool:
    """Whether two amounts differ by at most one minor unit."""
    return abs(one - other) <= quantum(currency)


def number_in(value: Any) -> Decimal | None:
    """Return a number out of a fact's value, exactly as written, or None."""
    if not isinstance(value, _NUMBERS) or isinstance(value, bool):
        return None
    try:
        number = Decimal(value) if value.__class__ is str else exact(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@kept
def money_of(_: "Context", value: Any) -> Money | None:
    """Return money out of a fact's value, or None: read once, where several rules look at it."""
    return money_in(value)


def money_in(value: Any) -> Money | None:
    """Return money out of a fact's value, `{unit, value}` or `{currency, amount}`, or None."""
    if not isinstance(value, dict):
        return None
    currency = value.get("unit", value.get("currency"))
    amount = number_in(value.get("value", value.get("amount")))
    return None if amount is None or not isinstance(currency, str) else Money(amount=amount, currency=currency)


def say(money: Money) -> str:
    """Return money as people read it: `36.00 EUR`."""
    return f"{money.amount} {money.currency}"

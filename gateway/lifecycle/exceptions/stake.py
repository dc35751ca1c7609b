"""What an order earns a month, and of what family an item is: what an exception puts at stake, and for whom alike."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.reference import Offering, Reference
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.terms import Terms
from gateway.ports.exceptions import DAYS_OF_A_MONTH

__all__ = ["family_of", "monthly_of"]

_MONTHS: Mapping[str, Decimal] = {
    "": Decimal(1),
    "month": Decimal(1),
    "months": Decimal(1),
    "monthly": Decimal(1),
    "1 month": Decimal(1),
    "p1m": Decimal(1),
    "quarter": Decimal(3),
    "quarterly": Decimal(3),
    "year": Decimal(12),
    "yearly": Decimal(12),
    "annual": Decimal(12),
    "p1y": Decimal(12),
    "week": Decimal(7) / DAYS_OF_A_MONTH,
    "day": Decimal(1) / DAYS_OF_A_MONTH,
}
"""How many months a price's period is. A period that is not here counts nothing: it is not guessed."""

_ABSURD = Decimal(10) ** 7
"""From this much a month on, in major units, an amount is a slip and counts nothing."""

_DEAD = frozenset({OrderState.FAILED, OrderState.CANCELLED, OrderState.REJECTED})
_EARNS = frozenset({ItemAction.ADD, ItemAction.MODIFY, ItemAction.NO_CHANGE})


class _Recurring(NamedTuple):
    amount: Decimal
    currency: str


def monthly_of(order: ProductOrder, reference: Reference, terms: Terms) -> dict[str, int]:
    """Return what an order's live items cost a month, net, in minor units by currency."""
    sums: dict[str, Decimal] = {}
    for _, item in order.all_items():
        if item.action in _EARNS and item.state not in _DEAD:
            for price in _recurring(item, terms.offering_of(item, reference)):
                sums[price.currency] = sums.get(price.currency, Decimal(0)) + price.amount * (item.quantity or 1)
    return {
        currency: int(amount.scaleb(CURRENCY_EXPONENTS[currency]).to_integral_value(ROUND_HALF_EVEN))
        for currency, amount in sorted(sums.items())
        if amount
    }


def family_of(offering: Offering | None, terms: Terms) -> str:
    """Return of what services an offering is made, those of its components included: `CFS-FTTH+CFS-VOICE`.

    Offerings of one family differ in rates and prices, and have their faults in common.
    """
    if offering is None:
        return ""
    parts = {service.specification for service in offering.services if not service.enabling}
    for component in offering.components:
        inner = terms.offerings.get(component)
        parts |= {service.specification for service in inner.services if not service.enabling} if inner else set()
    return "+".join(sorted(parts))


def _recurring(item: ProductOrderItem, offering: Offering | None) -> Iterator[_Recurring]:
    stated = [price for price in item.prices if (price.price_type or "").lower().startswith("recur")]
    for price in stated:
        yield from _monthly(price.net or price.gross, price.period)
    listed = offering.price if offering is not None and not item.prices else None
    if listed is not None and listed.type.lower().startswith("recur"):
        yield from _monthly(listed.net, listed.period)


def _monthly(money: Money | None, period: str | None) -> Iterator[_Recurring]:
    months = _MONTHS.get((period or "").strip().lower())
    if money is None or months is None or money.currency not in CURRENCY_EXPONENTS:
        return
    if money.amount.is_finite() and abs(money.amount) < _ABSURD:
        yield _Recurring(money.amount / months, money.currency)

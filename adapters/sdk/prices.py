"""What an order says of its prices, as `price.agreed` has it."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import Offering
from gateway.canonical.states import ItemAction

__all__ = ["has_price", "plain", "price_value", "stated_price"]


def has_price(item: ProductOrderItem, offering: Offering | None) -> bool:
    """Whether something is to be paid for an item: it is added or changed, and its offering is billed by itself."""
    return item.action in {ItemAction.ADD, ItemAction.MODIFY} and (offering is None or offering.separately_billable)


def stated_price(item: ProductOrderItem, offering: Offering | None) -> dict[str, Any] | None:
    """Return the net price that an item itself states, what recurs before all else; None where it states none.

    One that is stated with its tax is reckoned back, by its own rate of tax or else the catalogue's.
    """
    usual = offering.price.tax_rate if offering and offering.price else None
    for price in sorted(item.prices, key=lambda price: _kind(price.price_type) != "recurring"):
        net = price.net or _net(price.gross, usual if price.tax_rate is None else price.tax_rate)
        if net is not None:
            return price_value(net, _kind(price.price_type))
    return None


def price_value(net: Money, kind: str) -> dict[str, Any]:
    """Return the value of `price.agreed`."""
    return {"net": {"unit": net.currency, "value": plain(net.amount)}, "type": kind}


def plain(amount: Decimal) -> int | float:
    """Return an amount as JSON has it; two decimals of a sum of money survive a float."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _net(gross: Money | None, tax_rate: Decimal | None) -> Money | None:
    if gross is None or tax_rate is None:
        return None
    step = Decimal(1).scaleb(-CURRENCY_EXPONENTS.get(gross.currency, 2))
    amount = (gross.amount / (1 + tax_rate / 100)).quantize(step, ROUND_HALF_UP)
    return Money(amount=amount, currency=gross.currency)


def _kind(written: str | None) -> str:
    text = (written or "recurring").lower()
    return "usage" if "usage" in text else "nonRecurring" if "non" in text or "one" in text else "recurring"

"""Ordered = delivered = billed: how far the three agree, per order and in total, in minor units of each currency."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP

from gateway.canonical.base import Model
from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction, OrderState, ProductStatus
from gateway.lifecycle.terms import Terms
from gateway.ports.repository import Aggregate

__all__ = ["REDUCTIONS", "Agreement", "OrderAgreement", "agreement_of", "minor_sums", "order_agreement", "prices_of"]

_CHARGED = frozenset({ItemAction.ADD, ItemAction.MODIFY})
REDUCTIONS = frozenset({"discount", "credit"})
"""Types of rates that take off; they are counted apart from charges."""


class OrderAgreement(Model):
    """One order. Amounts are net, first charges only, by currency; discounts and credits are counted apart."""

    order: str
    external_id: str | None
    state: OrderState | None
    items_ordered: int
    items_delivered: int
    items_charged: int
    ordered: dict[str, int]
    delivered: dict[str, int]
    billed: dict[str, int]
    reduced: dict[str, int]

    @property
    def agrees(self) -> bool:
        """Whether what was ordered was delivered and billed, to the minor unit."""
        return self.ordered == self.delivered == self.billed


class Agreement(Model):
    """Many orders together."""

    orders: tuple[OrderAgreement, ...]

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """Sums of ordered, delivered and billed by currency."""
        names = ("ordered", "delivered", "billed", "reduced")
        return {name: dict(sum((Counter(getattr(o, name)) for o in self.orders), Counter())) for name in names}


def agreement_of(aggregates: Iterable[Aggregate], terms: Terms) -> Agreement:
    """Return the agreement of many product orders; other lifecycles are left out."""
    return Agreement(orders=tuple(order_agreement(one, terms) for one in aggregates if one.product_order is not None))


def order_agreement(aggregate: Aggregate, terms: Terms) -> OrderAgreement:
    """Return the agreement of one product order."""
    order = aggregate.product_order
    assert order is not None
    items = [item for _, item in order.all_items() if item.action in _CHARGED and not _stops(item)]
    priced = {item.id: tuple(prices_of(item, terms)) for item in items}
    delivered = [item for item in items if item.state is OrderState.COMPLETED]
    charges = [rate for rate in aggregate.rates if (rate.type or "") not in REDUCTIONS]
    reductions = [rate for rate in aggregate.rates if (rate.type or "") in REDUCTIONS]
    return OrderAgreement(
        order=order.id,
        external_id=order.external_ids[0].value if order.external_ids else None,
        state=order.state,
        items_ordered=len(items),
        items_delivered=len(delivered),
        items_charged=len({rate.item_id for rate in charges}),
        ordered=minor_sums(money for item in items for money in priced[item.id]),
        delivered=minor_sums(money for item in delivered for money in priced[item.id]),
        billed=minor_sums(rate.net for rate in charges if rate.net is not None),
        reduced=minor_sums(rate.net for rate in reductions if rate.net is not None),
    )


def _stops(item: ProductOrderItem) -> bool:
    """Whether an item asks for a product to be suspended: what stops running costs nothing."""
    return item.product is not None and item.product.status == ProductStatus.SUSPENDED


def prices_of(item: ProductOrderItem, terms: Terms) -> Iterator[Money]:
    """Yield the net prices of an item: those agreed, else the catalogue's, times its quantity."""
    quantity = item.quantity or 1
    if item.prices:
        for price in item.prices:
            if price.net is not None:
                yield Money(amount=price.net.amount * quantity, currency=price.net.currency)
        return
    offering = terms.offerings.get(item.offering.id) if item.offering else None
    if offering is not None and offering.price is not None and offering.price.net is not None:
        net = offering.price.net
        yield Money(amount=net.amount * quantity, currency=net.currency)


def minor_sums(amounts: Iterable[Money]) -> dict[str, int]:
    """Return sums in minor units by currency; those of nothing are left out."""
    total: Counter[str] = Counter()
    for money in amounts:
        exponent = CURRENCY_EXPONENTS.get(money.currency, 2)
        total[money.currency] += int((money.amount.scaleb(exponent)).to_integral_value(ROUND_HALF_UP))
    return {currency: minor for currency, minor in total.items() if minor}

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

__all__ = ["Agreement", "OrderAgreement", "agreement_of", "order_agreement"]

_CHARGED = frozenset({ItemAction.ADD, ItemAction.MODIFY})
_REDUCTIONS = frozenset({"discount", "credit"})


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
    priced = {item.id: tuple(_prices(item, terms)) for item in items}
    delivered = [item for item in items if item.state is OrderState.COMPLETED]
    charges = [rate for rate in aggregate.rates if (rate.type or "") not in _REDUCTIONS]
    reductions = [rate for rate in aggregate.rates if (rate.type or "") in _REDUCTIONS]
    return OrderAgreement(
        order=order.id,
        external_id=order.external_ids[0].value if order.external_ids else None,
        state=order.state,
        items_ordered=len(items),
        items_delivered=len(delivered),
        items_charged=len({rate.item_id for rate in charges}),
        ordered=_sum(money for item in items for money in priced[item.id]),
        delivered=_sum(money for item in delivered for money in priced[item.id]),
        billed=_sum(rate.net for rate in charges if rate.net is not None),
        reduced=_sum(rate.net for rate in reductions if rate.net is not None),
    )


def _stops(item: ProductOrderItem) -> bool:
    """Whether an item asks for a product to be suspended: what stops running costs nothing."""
    return item.product is not None and item.product.status == ProductStatus.SUSPENDED


def _prices(item: ProductOrderItem, terms: Terms) -> Iterator[Money]:
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


def _sum(amounts: Iterable[Money]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for money in amounts:
        exponent = CURRENCY_EXPONENTS.get(money.currency, 2)
        total[money.currency] += int((money.amount.scaleb(exponent)).to_integral_value(ROUND_HALF_UP))
    return {currency: minor for currency, minor in total.items() if minor}

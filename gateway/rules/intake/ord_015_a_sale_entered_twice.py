"""ORD-015: one sale, one order."""

from collections.abc import Iterator
from datetime import timedelta

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.related import is_open, is_related
from gateway.rules.rule import Problem, rule
from gateway.rules.sites import sites

__all__ = ["a_sale_entered_twice"]

_NEAR = timedelta(days=1)


@rule(
    "ORD-015",
    gate=Gate.INTAKE,
    severity=Severity.HOLD,
    reads=("product_order", "others"),
    since="0.1",
    level=9,
)
def a_sale_entered_twice(ctx: Context) -> Iterator[Problem]:
    """No other open order of the same day adds the same offering at the same place for the same customer.

    What it checks: among the other known orders, none that is open and was taken within a day adds the same offering at
        the same location for the same customer, unless the two orders are related.
    Why it matters: two agents enter one sale, and two crews go out.
    Passes: the same offering at another address; an upgrade three months later.
    Fails: two open orders of one morning for the same line.
    Harmless look-alike: the first one was cancelled; the orders name each other; the offering has no place.
    How to fix: cancel one of the two, or relate them if the customer wants both.
    """
    order = ctx.order
    if order is None or not is_open(order) or order.order_date is None:
        return
    for number, trace in enumerate(ctx.trace.others):
        other = trace.product_order
        if other is None or other.id == order.id or not is_open(other) or other.order_date is None:
            continue
        apart = abs(ctx.instant(order.order_date) - ctx.instant(other.order_date))
        if apart > _NEAR or is_related(order, other) or not _same_customer(ctx, other):
            continue
        theirs = _bought(ctx, Context(trace, frozenset()))
        for key, line in _bought(ctx, ctx).items():
            if key in theirs:
                yield Problem(
                    line.path,
                    f"item {line.item.id} adds {key[0]} at {key[1]} as order {other.id} does, taken within a day",
                    (f"others[{number}]",),
                )


def _same_customer(ctx: Context, other: ProductOrder) -> bool:
    theirs = other.party("customer")
    return ctx.customer is not None and theirs is not None and theirs.id == ctx.customer.id


def _bought(ctx: Context, of: Context) -> dict[tuple[str, str], Line]:
    """What an order adds: lines by (offering, location); the locations are those that this trace knows."""
    return {
        (line.item.offering.id, ctx.location(place)): line
        for line in of.live
        if line.item.action is ItemAction.ADD and line.item.offering is not None
        for _, place in sites(of, line)
    }

"""ORD-006: wishes that can be met."""

from collections.abc import Iterator
from datetime import timedelta

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import OrderState
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_completion_before_the_start"]

_STALE = timedelta(days=730)


@rule(
    "ORD-006",
    gate=Gate.INTAKE,
    severity=Severity.REJECT,
    reads=("product_order|service_orders",),
    since="0.1",
    level=2,
)
def a_completion_before_the_start(ctx: Context) -> Iterator[Problem]:
    """The requested completion is not before the requested start.

    What it checks: the requested completion of the order, or of a service order that came without one, is at or after
        its requested start, and not on a day before the order.
    Why it matters: no plan can end before it begins.
    Passes: start 5 March, completion 20 March.
    Fails: start 20 March, completion 5 March; an order of 1 March to be completed in February.
    Harmless look-alike: both at the same instant; the same instant written with another offset; only one of the two;
        midnight of the day of the order; a wish of years ago, left in a template, is a warning.
    How to fix: put the requested completion at or after the requested start; perhaps the two were swapped.
    """
    orders: list[tuple[str, ProductOrder | ServiceOrder]] = []
    if ctx.order is not None:
        orders.append(("product_order", ctx.order))
    else:
        orders += [(f"service_orders[{n}]", order) for n, order in enumerate(ctx.trace.service_orders or ())]
    for path, order in orders:
        start, end = order.requested_start, order.requested_completion
        if end is None or order.state is OrderState.REJECTED:
            continue
        if start is None or ctx.instant(end) >= ctx.instant(start):
            if order.order_date is not None and ctx.day(end) < ctx.day(order.order_date):
                reason = f"completion is requested for {end.isoformat()}, before {order.order_date.isoformat()}"
                old = ctx.instant(order.order_date) - ctx.instant(end) > _STALE
                yield Problem(
                    f"{path}.requested_completion",
                    f"{reason}, the order's date",
                    (f"{path}.order_date",),
                    severity=Severity.WARN if old else None,
                )
        else:
            yield Problem(
                f"{path}.requested_completion",
                f"completion is requested for {end.isoformat()}, before the start on {start.isoformat()}",
                (f"{path}.requested_start",),
            )

"""BLD-006: old messages."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_service_order_older_than_its_order"]


@rule(
    "BLD-006",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.WARN,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=6,
    params=("grace_minutes",),
)
def a_service_order_older_than_its_order(ctx: Context) -> Iterator[Problem]:
    """A service order is not older than its product order.

    What it checks: the service order's date is not before the product order's, but for the grace between clocks.
    Why it matters: it may be an old message that was sent again.
    Passes: an hour after the product order.
    Fails: two days before it.
    Harmless look-alike: half an hour before, which clocks may differ; an earlier hour in another offset.
    How to fix: look whether the service order belongs to an earlier order; send it with its own date.
    """
    taken = ctx.order.order_date if ctx.order else None
    if taken is None:
        return
    for number, service_order in enumerate(ctx.trace.service_orders or ()):
        made = service_order.order_date
        if made is not None and ctx.instant(made) < ctx.instant(taken) - ctx.grace_for(None):
            yield Problem(
                f"service_orders[{number}].order_date",
                f"the service order is of {made.isoformat()}, its product order of {taken.isoformat()}",
                ("product_order.order_date",),
            )

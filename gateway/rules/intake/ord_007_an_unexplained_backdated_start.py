"""ORD-007: starts in the past."""

from collections.abc import Iterator
from datetime import timedelta

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["an_unexplained_backdated_start"]


@rule(
    "ORD-007",
    gate=Gate.INTAKE,
    severity=Severity.WARN,
    reads=("product_order",),
    since="0.1",
    level=2,
    params=("backdate_days",),
)
def an_unexplained_backdated_start(ctx: Context) -> Iterator[Problem]:
    """A start that is older than the order by more than backdateDays needs a reason.

    What it checks: the requested start is at most `backdateDays` before the order date, or a note says why.
    Why it matters: charges that reach far back end in disputes.
    Passes: two days back where thirty are allowed.
    Fails: 200 days back, without a note.
    Harmless look-alike: 200 days back with a note that gives the reason; exactly the limit.
    How to fix: correct the requested start, or add a note that explains it.
    """
    order = ctx.order
    if order is None or order.requested_start is None:
        return
    taken, start = ctx.instant(order.order_date or ctx.now), ctx.instant(order.requested_start)
    days = ctx.policy_for(None).backdate_days
    if taken - start <= timedelta(days=days):
        return
    if not any((note.text or "").strip() for note in order.notes):
        yield Problem(
            "product_order.requested_start",
            f"the start is {(taken - start).days} days before the order, more than {days}",
        )

"""ACT-007: an order that was completed before its last service ran."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.delivery import happened, outcome_of
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule(
    "ACT-007",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def completed_before_it_ran(ctx: "Context") -> Iterator[Problem]:
    """The order's completion date is before the last of its services ran.

    What it checks: the completion date is not before the activation, cease or suspension of any live item, give or take
    the policy's grace.
    Why it matters: revenue is recognised for a service that nobody has yet.
    Passes: completed five minutes after the last activation.
    Fails: completed the day before.
    Harmless look-alike: an order in progress, which has no completion date; a stamp some minutes early.
    How to fix: set the completion date from the last activation.
    """
    order = ctx.order
    if order is None or order.completion_date is None:
        return
    completed = ctx.instant(order.completion_date)
    for line in ctx.live:
        said = ctx.statements(outcome_of(ctx, line), line.item.subject)
        if not said:
            continue
        first = min(said, key=lambda one: happened(ctx, one.fact))
        if completed + ctx.grace_for(line) < happened(ctx, first.fact):
            yield Problem(
                "product_order.completion_date",
                f"the order was completed at {completed.isoformat()}, "
                f"but item {line.item.id} came only at {happened(ctx, first.fact).isoformat()}",
                related=(first.path,),
            )

"""ACT-007: an order that was completed before its last service ran."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import OrderState
from gateway.rules.delivery import happened, outcome_of
from gateway.rules.facts import Statement
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

    What it checks: the completion date is not before the activation, cease or suspension of any live item, nor is the
    event that completed order or item, give or take the policy's grace.
    Why it matters: revenue is recognised for a service that nobody has yet.
    Passes: completed five minutes after the last activation.
    Fails: completed the day before.
    Harmless look-alike: an order in progress, which has no completion date; a stamp some minutes early.
    How to fix: set the completion date from the last activation.
    """
    order = ctx.order
    if order is None:
        return
    yield from _items(ctx)
    if order.completion_date is None:
        return
    completed = ctx.instant(order.completion_date)
    for line in ctx.live:
        said = ctx.statements(outcome_of(ctx, line), line.subject)
        if not said:
            continue
        first = _first(ctx, said)
        if happened(ctx, first.fact) - completed > ctx.grace_for(line):
            yield Problem(
                "product_order.completion_date",
                f"the order was completed at {completed.isoformat()}, "
                f"but item {line.item.id} came only at {happened(ctx, first.fact).isoformat()}",
                related=(first.path,),
            )


def _first(ctx: "Context", said: Sequence[Statement]) -> Statement:
    return said[0] if len(said) == 1 else min(said, key=lambda one: happened(ctx, one.fact))


def _items(ctx: "Context") -> Iterator[Problem]:
    lines = {line.subject: line for line in ctx.live}
    for number, entry in enumerate(ctx.trace.history or ()):
        if entry.state.strip() != OrderState.COMPLETED:
            continue
        about = (
            ctx.live if entry.subject == "productOrder" else [lines[entry.subject]] if entry.subject in lines else []
        )
        firsts = [_first(ctx, said) for line in about if (said := ctx.statements(outcome_of(ctx, line), line.subject))]
        first = max(firsts, key=lambda one: happened(ctx, one.fact), default=None)
        if first is not None and ctx.instant(entry.at) + ctx.grace_for(None) < happened(ctx, first.fact):
            words = f"{entry.subject} was completed at {entry.at.isoformat()}, but came only at "
            yield Problem(f"history[{number}].at", words + happened(ctx, first.fact).isoformat(), related=(first.path,))

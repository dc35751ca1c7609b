"""LIF-007: past the point of no return."""

from collections.abc import Iterator

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.charges import charges
from gateway.rules.context import Context, Line
from gateway.rules.delivery import happened
from gateway.rules.rule import Problem, rule

__all__ = ["cancelled_after_the_work"]

_DONE = {
    "service.activated": ("service.ceased",),
    "field.completed": ("service.ceased", "resource.released"),
}
"""What may have been done, and what undoes it."""


@rule(
    "LIF-007",
    gate=Gate.BUILD_TO_ACTIVATION,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=8,
)
def cancelled_after_the_work(ctx: Context) -> Iterator[Problem]:
    """A cancellation after the work was done is priced or compensated, never just accepted.

    What it checks: for an added item that was cancelled although its field work was completed or its service ran, there
        is a fee, or what was done was undone afterwards: a service that ran was ceased, or, after a visit alone, the
        resources were released.
    Why it matters: the cost of the build is lost, or a service runs that nobody pays.
    Passes: cancelled before the crew came.
    Fails: cancelled the day after the crew came, and nothing else.
    Harmless look-alike: a fee for the visit; a service that was ceased again; an item that failed.
    How to fix: charge the fee that the contract has, or cease the service and release its resources.
    """
    order = ctx.order
    if order is None or "service.ceased" in ctx.not_yet:
        return
    for line in ctx.lines:
        cancelled = OrderState.CANCELLED in {line.item.state, order.state}
        if line.item.action is not ItemAction.ADD or not cancelled or _has_fee(ctx, line):
            continue
        for predicate, undone in _DONE.items():
            done = ctx.statements(predicate, line.item.subject)
            if done and not _is_undone(ctx, line, done[0].fact, undone):
                reason = f"item {line.item.id} was cancelled, but {predicate} had been said of it"
                yield Problem(line.path, reason, (done[0].path,))
                break


def _is_undone(ctx: Context, line: Line, done: Fact, predicates: tuple[str, ...]) -> bool:
    """Whether one of the predicates is said of the item, and not of a time before what was done."""
    undone = [ctx.seen(predicate, line.item.subject) for predicate in predicates]
    return any(one is not None and happened(ctx, done) - happened(ctx, one) <= ctx.grace_for(None) for one in undone)


def _has_fee(ctx: Context, line: Line) -> bool:
    return any(one.kind == "fee" and (one.line is None or one.line.item is line.item) for one in charges(ctx))

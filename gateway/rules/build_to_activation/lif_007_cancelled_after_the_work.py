"""LIF-007: past the point of no return."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.charges import charges
from gateway.rules.context import Context, Line
from gateway.rules.rule import Problem, rule

__all__ = ["cancelled_after_the_work"]

_DONE = ("field.completed", "service.activated")
_UNDONE = ("service.ceased", "resource.released")


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
        is a fee, or what was done was undone: the service ceased, or its resources released.
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
        if line.item.action is not ItemAction.ADD or not cancelled or _is_settled(ctx, line):
            continue
        for predicate in _DONE:
            done = ctx.statements(predicate, line.item.subject)
            if done:
                reason = f"item {line.item.id} was cancelled, but {predicate} had been said of it"
                yield Problem(line.path, reason, (done[0].path,))
                break


def _is_settled(ctx: Context, line: Line) -> bool:
    if any(ctx.seen(predicate, line.item.subject) is not None for predicate in _UNDONE):
        return True
    return any(one.kind == "fee" and (one.line is None or one.line.item is line.item) for one in charges(ctx))

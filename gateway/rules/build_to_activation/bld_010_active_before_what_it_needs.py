"""BLD-010: first the line, then what runs over it."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import DEAD_STATES, Context
from gateway.rules.delivery import happened
from gateway.rules.rule import Problem, rule

__all__ = ["active_before_what_it_needs"]

_NEEDS = frozenset({"relieson", "dependson", "requires"})


@rule(
    "BLD-010",
    gate=Gate.BUILD_TO_ACTIVATION,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def active_before_what_it_needs(ctx: Context) -> Iterator[Problem]:
    """Nothing runs before what it relies on.

    What it checks: where an added item relies on another added item and both were activated, it was not activated
        earlier by more than the policy's grace; nothing was activated that relies on an item that failed or was
        cancelled.
    Why it matters: telephony over a line that is not there is paper, not service.
    Passes: the line at 14:00, telephony at 14:05.
    Fails: telephony a day before the line; telephony over a line that failed.
    Harmless look-alike: clocks that are some minutes apart; both at once; a line that the customer had before.
    How to fix: find out which of the two instants is wrong, and correct that statement.
    """
    for line in ctx.live:
        links = [one.id for one in line.item.relationships if (one.type or "").lower() in _NEEDS]
        if not links or line.item.action is not ItemAction.ADD:
            continue
        mine = ctx.statements("service.activated", line.item.subject)
        for link in links:
            base = ctx.by_id.get(link)
            if not mine or base is None or base.item.action is not ItemAction.ADD:
                continue
            theirs = ctx.statements("service.activated", base.item.subject)
            if base.item.state in DEAD_STATES and not theirs:
                reason = (
                    f"item {line.item.id} is said to run, but item {link}, which it relies on, is {base.item.state}"
                )
                yield Problem(mine[0].path, reason, (f"{base.path}.state",))
            ran = happened(ctx, mine[0].fact) + ctx.grace_for(line)
            if theirs and ran < min(happened(ctx, one.fact) for one in theirs):
                reason = f"item {line.item.id} is said to run before item {link}, which it relies on"
                yield Problem(mine[0].path, reason, (theirs[0].path,))

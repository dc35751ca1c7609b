"""BLD-009: what was reserved is still there."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.validity import is_over

__all__ = ["a_reservation_that_ran_out"]

_ENDS = ("validUntil", "reservedUntil", "heldUntil", "until", "expires", "expiresAt")


@rule(
    "BLD-009",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=6,
)
def a_reservation_that_ran_out(ctx: Context) -> Iterator[Problem]:
    """What an item needs is reserved and unexpired when the build is released.

    What it checks: resource.reserved of an added item lasts at least until the build was released, or, where it is
        not released, to now.
    Why it matters: there is no port when the crew arrives.
    Passes: a port held to 9 March for a release on 2 March.
    Fails: a port held to 28 February; a port held to nine o'clock and released for the build at noon.
    Harmless look-alike: the last day itself; a reservation that ran out after the release; one without an end; one that
        has been assigned since.
    How to fix: reserve the resource again and send the new resource.reserved fact.
    """
    released = ctx.seen("build.released", "productOrder")
    moment = released.observed_at if released else ctx.now
    for line in ctx.live:
        subject = line.item.subject
        fact = ctx.seen("resource.reserved", subject)
        if fact is None or line.item.action is not ItemAction.ADD:
            continue
        if released is None and ctx.seen("resource.assigned", subject) is not None:
            continue
        until = next((fact.value[name] for name in _ENDS if name in fact.value), fact.valid_to)
        path = ctx.statements("resource.reserved", subject)[0].path
        if until is not None and is_over(ctx, until, moment):
            said = f"item {line.item.id}: the reservation ended at {until}, before {moment.isoformat()}"
            yield Problem(path, said, (line.path,))

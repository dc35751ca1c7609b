"""BLD-011: nobody digs without leave."""

from collections.abc import Iterator
from datetime import date

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context, Line
from gateway.rules.delivery import happened
from gateway.rules.quantities import plain
from gateway.rules.rule import Problem, rule
from gateway.rules.times import read_date

__all__ = ["work_without_a_permit"]

_NO = frozenset({"false", "refused", "denied", "rejected", "revoked", "withdrawn", "expired", "negative"})
_SAYS = ("result", "granted", "status", "state", "decision")


@rule(
    "BLD-011",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def work_without_a_permit(ctx: Context) -> Iterator[Problem]:
    """A permit was granted, and before the work.

    What it checks: where there is the fact permit.granted, it does not say that leave was refused, it lasts to the day
        of the field work (of the visit, or the release, where no work was reported yet), and it is not later than the
        field work.
    Why it matters: the works are stopped, and fined.
    Passes: wayleave W-3, granted a week before the visit.
    Fails: refused; ended a month before the visit; granted the day after it.
    Harmless look-alike: a permit without an end; one that ended after the work was done; no permit where none is
        needed.
    How to fix: obtain the permit and send permit.granted; field work without one has to be explained by its reason.
    """
    for line in ctx.live:
        for path, fact in ctx.statements("permit.granted", line.item.subject)[:1]:
            fault = _fault(ctx, line, fact, ctx.seen("field.completed", line.item.subject))
            if fault is not None:
                yield Problem(path, f"item {line.item.id}: {fault}", (line.path,))


def _fault(ctx: Context, line: Line, permit: Fact, work: Fact | None) -> str | None:
    for name in _SAYS:
        if name in permit.value and plain(permit.value[name]) in _NO:
            return f"the permit is {permit.value[name]}"
    until = read_date(permit.value.get("validUntil", permit.valid_to), ctx.zone)
    day = _day_of_use(ctx, permit, work)
    if until is not None and day is not None and until < day:
        return f"the permit ended on {until}, before the work of {day}"
    late = work is not None and happened(ctx, permit) > happened(ctx, work) + ctx.grace_for(line)
    if late and not (permit.reason or "").strip():
        return "the permit was granted after the work was done"
    return None


def _day_of_use(ctx: Context, permit: Fact, work: Fact | None) -> date | None:
    if work is not None:
        return ctx.day(happened(ctx, work))
    visit = ctx.seen("appointment.booked", permit.subject)
    day = read_date(visit.value.get("start"), ctx.zone) if visit is not None else None
    released = ctx.seen("build.released", "productOrder") if day is None else None
    return ctx.day(happened(ctx, released)) if released is not None else day

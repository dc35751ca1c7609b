"""BIL-005: charging that starts before the service does."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.charges import charges_of, covered, justified_start, price_kind
from gateway.rules.delivery import Start, activation
from gateway.rules.rule import Problem, rule
from gateway.rules.times import end_of_month, read_date
from gateway.rules.work import is_charged

if TYPE_CHECKING:
    from gateway.rules.charges import Charge
    from gateway.rules.context import Context, Line


@rule(
    "BIL-005",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=8,
    params=("backdate_days", "grace_minutes", "proration"),
)
def charged_before_it_ran(ctx: "Context") -> Iterator[Problem]:
    """Charging starts on a day before the service ran.

    What it checks: charge.started and the period of each recurring charge begin on the day of activation or later, as
    days of the zone in which bills are cut.
    Why it matters: days without service are refunded.
    Passes: activated on 9 March at 00:30 local time, charged from 9 March.
    Fails: activated on 9 March, charged from the date of the order.
    Harmless look-alike: charge.started with a reason, at most backdateDays earlier, also while charge.started is still
    awaited; a full calendar month where the policy prorates nothing; an advance fee.
    How to fix: start the charge on the day of activation, or state why it starts earlier.
    """
    for line in ctx.live:
        start = activation(ctx, line) if line.item.action is ItemAction.ADD else None
        if start is None:
            continue
        first = _earliest(ctx, line, start)
        for path, fact in ctx.statements("charge.started", line.subject)[:1]:
            day = read_date(fact.value.get("date"), ctx.zone)
            if day is not None and day < first:
                yield _problem(line, f"{path}.value.date", day, start)
        for charge in charges_of(ctx, line):
            path, day = _start_of(ctx, line, charge)
            if day is not None and day < first and not _is_whole_month(ctx, charge, first):
                yield _problem(line, path, day, start)


def _earliest(ctx: "Context", line: "Line", start: Start) -> date:
    """The first day that may be charged: that of activation, or an earlier one that was agreed with a reason."""
    if is_charged(ctx, line) and ctx.seen("charge.started", line.subject) is None:
        return start.first - timedelta(days=ctx.policy_for(None).backdate_days)
    agreed = justified_start(ctx, line)
    if agreed is None or agreed >= start.first:
        return start.first
    if start.first - agreed > timedelta(days=ctx.policy_for(line).backdate_days):
        return start.first
    return agreed


def _start_of(ctx: "Context", line: "Line", charge: "Charge") -> tuple[str, date | None]:
    rate = charge.rate
    day, _ = covered(ctx, rate)
    if day is not None:
        return f"{charge.path}.period_cover.start", day
    offering = ctx.offering(line.item)
    once = offering is not None and offering.price is not None and price_kind(offering.price.type) == "nonRecurring"
    if rate.date is None or not (charge.kind == "recurring" or (charge.kind == "nonRecurring" and once)):
        return charge.path, None
    return f"{charge.path}.date", ctx.day(rate.date)


def _is_whole_month(ctx: "Context", charge: "Charge", first: date) -> bool:
    start, end = covered(ctx, charge.rate)
    whole = start is not None and start.day == 1 and end == end_of_month(start)
    unprorated = ctx.policy_for(charge.line).proration == "none"
    return unprorated and whole and start is not None and first < end_of_month(start)


def _problem(line: "Line", path: str, day: date, start: Start) -> Problem:
    return Problem(
        path,
        f"item {line.item.id} is charged from {day.isoformat()}, but it runs since {start.first.isoformat()}",
        related=(start.path,),
    )

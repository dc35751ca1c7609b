"""TIM-004: a bill that is due before it is made, or a period that ends before it begins."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.canonical.bill import Bill
from gateway.canonical.judgement import Severity
from gateway.rules.rule import Problem, rule
from gateway.rules.times import end_of_month

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("TIM-004", gate=None, severity=Severity.REJECT, reads=("rates|bills",), since="0.1", level=4)
def due_before_billed(ctx: "Context") -> Iterator[Problem]:
    """A bill is due before its date, or a period does not end after it begins.

    What it checks: the due date is not on an earlier day than the bill date; billing periods and the periods of
    recurring lines end after they begin; a cycle's period does not leave out the last day of its month.
    Why it matters: dunning that begins before the bill is illegal.
    Passes: billed on 1 April, due on 15 April.
    Fails: billed on 15 April, due on 14 April.
    Harmless look-alike: due on the day of the bill; a period that ends at midnight, when the next one begins.
    How to fix: correct the dates in the billing system; a period's end is the start of the next.
    """
    for number, bill in enumerate(ctx.trace.bills or ()):
        path = f"bills[{number}]"
        if (
            bill.due_date is not None
            and bill.bill_date is not None
            and ctx.day(bill.due_date) < ctx.day(bill.bill_date)
        ):
            words = f"bill {bill.id} is due on {ctx.day(bill.due_date)}, before its date {ctx.day(bill.bill_date)}"
            yield Problem(f"{path}.due_date", words, related=(f"{path}.bill_date",))
        yield from _period(ctx, bill, f"{path}.billing_period")
    for number, rate in enumerate(ctx.trace.rates or ()):
        period = rate.period_cover
        if period is None or period.start is None or period.end is None:
            continue
        start, end = ctx.instant(period.start), ctx.instant(period.end)
        recurring = (rate.type or "").lower() == "recurring"
        if end < start or (recurring and end == start):
            yield Problem(f"rates[{number}].period_cover.end", "the period of the line does not end after it begins")


def _period(ctx: "Context", bill: Bill, path: str) -> Iterator[Problem]:
    period = bill.billing_period
    if period is None or period.start is None or period.end is None:
        return
    cycle = (bill.run_type or "").lower() == "oncycle"
    begins, ends = ctx.instant(period.start), ctx.instant(period.end)
    # A bill outside the cycle may be for one-time charges of one day only.
    if ends < begins or (ends == begins and cycle):
        yield Problem(f"{path}.end", f"the period of bill {bill.id} does not end after it begins")
        return
    start, end = ctx.day(period.start), ctx.day(period.end)
    at_midnight = ends.astimezone(ctx.zone).time().isoformat() == "00:00:00"
    last = end_of_month(start) - timedelta(days=1)
    if cycle and start.day == 1 and end == last and at_midnight:
        words = f"the period of bill {bill.id} ends as {end.isoformat()} begins, so that day is in no period"
        yield Problem(f"{path}.end", words, severity=Severity.HOLD)

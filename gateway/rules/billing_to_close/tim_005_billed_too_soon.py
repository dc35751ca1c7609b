"""TIM-005: a cycle's bill that was made before the cycle ended."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("TIM-005", gate=Gate.BILLING_TO_CLOSE, severity=Severity.HOLD, reads=("bills",), since="0.1", level=4)
def billed_too_soon(ctx: "Context") -> Iterator[Problem]:
    """A bill of a cycle is older than the end of its period, or a bill outside the cycle names a next one.

    What it checks: the date of an onCycle bill is not before the last day that its period covers is over; only an
    onCycle bill has a next bill date, and that is later than its own.
    Why it matters: what is used in the last days is on no bill.
    Passes: the bill for March is made on 1 April.
    Fails: the bill for March is made on 28 March.
    Harmless look-alike: an offCycle bill that is made at once for the days ahead.
    How to fix: make the bill after its period, or mark it offCycle and leave the next bill date out.
    """
    for number, bill in enumerate(ctx.trace.bills or ()):
        path, run = f"bills[{number}]", (bill.run_type or "").strip().lower()
        end = bill.billing_period.end if bill.billing_period is not None else None
        if (
            run == "oncycle"
            and bill.bill_date is not None
            and end is not None
            and ctx.day(bill.bill_date) < ctx.day(end)
        ):
            words = f"bill {bill.id} is of {ctx.day(bill.bill_date)}, but its period ends on {ctx.day(end)}"
            yield Problem(f"{path}.bill_date", words, related=(f"{path}.billing_period.end",))
        if run == "offcycle" and bill.next_bill_date is not None:
            words = f"bill {bill.id} is offCycle, so that no other follows it, but it names a next bill date"
            yield Problem(f"{path}.next_bill_date", words, related=(f"{path}.run_type",))
        elif bill.next_bill_date is not None and bill.bill_date is not None:
            following, made = ctx.day(bill.next_bill_date), ctx.day(bill.bill_date)
            if following <= made:
                words = f"the bill after {bill.id} of {made} is said to be of {following}"
                yield Problem(f"{path}.next_bill_date", words, related=(f"{path}.bill_date",))

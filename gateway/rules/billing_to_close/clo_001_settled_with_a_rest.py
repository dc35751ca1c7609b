"""CLO-001: a settled bill of which something remains."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import BillState
from gateway.rules.amounts import say
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("CLO-001", gate=Gate.BILLING_TO_CLOSE, severity=Severity.HOLD, reads=("bills",), since="0.1", level=4)
def settled_with_a_rest(ctx: "Context") -> Iterator[Problem]:
    """A bill is settled, and something remains to be paid of it.

    What it checks: a settled bill has a remaining amount of zero.
    Why it matters: money that is still owed disappears from the receivables.
    Passes: settled, 0.00 remains.
    Fails: settled, 1.00 remains.
    Harmless look-alike: partially paid with a rest.
    How to fix: find the missing payment, or take the bill back to partially paid.
    """
    for number, bill in enumerate(ctx.trace.bills or ()):
        if bill.state is BillState.SETTLED and bill.remaining is not None and bill.remaining.amount != 0:
            yield Problem(
                f"bills[{number}].remaining",
                f"bill {bill.id} is settled, but {say(bill.remaining)} remains",
                related=(f"bills[{number}].state",),
            )

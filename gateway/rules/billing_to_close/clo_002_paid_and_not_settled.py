"""CLO-002: a bill that is paid and not settled."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import BillState
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_OPEN = frozenset({BillState.NEW, BillState.VALIDATED, BillState.SENT, BillState.PARTIALLY_PAID})


@rule("CLO-002", gate=Gate.BILLING_TO_CLOSE, severity=Severity.HOLD, reads=("bills",), since="0.1", level=4)
def paid_and_not_settled(ctx: "Context") -> Iterator[Problem]:
    """Nothing remains of a bill, and it is not settled.

    What it checks: a bill with an amount due of which nothing remains is settled.
    Why it matters: somebody who paid is reminded to pay.
    Passes: 36.00 due, 0.00 remains, settled.
    Fails: 36.00 due, 0.00 remains, sent.
    Harmless look-alike: a bill of 0.00; a bill on hold because of a dispute.
    How to fix: settle the bill, or correct the remaining amount.
    """
    for number, bill in enumerate(ctx.trace.bills or ()):
        due = bill.amount_due or bill.gross
        if due is None or due.amount <= 0 or bill.remaining is None or bill.remaining.amount != 0:
            continue
        if bill.state in _OPEN:
            yield Problem(
                f"bills[{number}].state",
                f"nothing remains of bill {bill.id}, but it is {bill.state}",
                related=(f"bills[{number}].remaining",),
            )

"""MON-007: an open amount that does not follow from the bill and its payments."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.canonical.bill import Bill
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.money import Money
from gateway.canonical.states import BillState
from gateway.rules.amounts import money_in, say
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_UNPAID = frozenset({BillState.NEW, BillState.VALIDATED, BillState.SENT})


@rule("MON-007", gate=Gate.BILLING_TO_CLOSE, severity=Severity.REJECT, reads=("bills",), since="0.1", level=3)
def open_amount_is_wrong(ctx: "Context") -> Iterator[Problem]:
    """What remains to be paid is more than is due, or not what is due less the payments.

    What it checks: the remaining amount is at most the amount due, not below nothing, and with the payments that the
    bill names it makes the amount due; of a bill that is not said to be paid in part, all of it remains.
    Why it matters: dunning goes to people who have paid.
    Passes: 36.00 due, 35.00 paid, 1.00 remains.
    Fails: 36.00 due, 37.00 remains; EUR due and USD paid; sent, 36.00 due, nobody paid, 16.00 remains.
    Harmless look-alike: a bill in part paid that names no payments; a credit note, whose amounts are negative.
    How to fix: work out the remaining amount from the bill's gross and its payments.
    """
    for number, bill in enumerate(ctx.trace.bills or ()):
        due, rest = bill.amount_due or bill.gross, bill.remaining
        if due is None or rest is None or due.currency != rest.currency:
            continue
        path, related = f"bills[{number}].remaining", (f"bills[{number}].amount_due",)
        least, most = sorted((due.amount, Decimal(0)))
        if not least <= rest.amount <= most:
            yield Problem(path, f"{say(rest)} remains of {say(due)}", related)
            continue
        foreign = _foreign(bill, due.currency)
        if foreign is not None:
            yield Problem(path, f"the bill is in {due.currency}, a payment of it is {say(foreign)}", related)
            continue
        paid = _paid(bill, due.currency)
        if paid is not None and rest.amount + paid != due.amount:
            yield Problem(path, f"{say(rest)} remains of {say(due)}, but {paid} {due.currency} was paid", related)
        elif paid is None and bill.state in _UNPAID and rest.amount not in {due.amount, 0}:
            yield Problem(path, f"{say(rest)} remains of {say(due)}, but the bill names no payment", related)


def _foreign(bill: Bill, currency: str) -> Money | None:
    """Return a payment of the bill in another currency, or None."""
    stated = bill.extras.get("appliedPayment")
    found = [money_in(one.get("appliedAmount")) for one in stated or () if isinstance(one, dict)]
    return next((money for money in found if money is not None and money.currency != currency), None)


def _paid(bill: Bill, currency: str) -> Decimal | None:
    """Return the sum of the payments that a bill names, or None where it names none or one cannot be read."""
    stated = bill.extras.get("appliedPayment")
    if not isinstance(stated, list) or not stated:
        return None
    amounts = [money_in(one.get("appliedAmount")) if isinstance(one, dict) else None for one in stated]
    known = [money.amount for money in amounts if money is not None and money.currency == currency]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None

"""BIL-012: each charge is on a bill, or waits for one."""

from collections.abc import Iterator

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import BillState
from gateway.rules.charges import covered
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_charge_between_two_bills"]

_SENT = frozenset({BillState.SENT, BillState.PARTIALLY_PAID, BillState.SETTLED})


@rule(
    "BIL-012",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.REJECT,
    reads=("rates",),
    since="0.1",
    level=4,
)
def a_charge_between_two_bills(ctx: Context) -> Iterator[Problem]:
    """A charge that is billed names its bill; one that is not names the account that will pay.

    What it checks: isBilled true comes with a bill, and with one that there is where a bill of that account and period
        is there; isBilled false comes with a billing account, and not with a bill that was sent.
    Why it matters: a charge that is on no bill and on no account is never asked for.
    Passes: billed, on B-1.
    Fails: billed, on no bill; not billed, for no account; not billed, on a bill that was sent.
    Harmless look-alike: a charge that does not say whether it is billed; one that names both; a charge of an earlier
        month on a bill that is not part of the trace.
    How to fix: name the bill that has the charge, or the account that it will be billed to.
    """
    for number, rate in enumerate(ctx.trace.rates or ()):
        if rate.is_billed and (rate.bill is None or not rate.bill.id):
            yield Problem(f"rates[{number}].bill", f"charge {rate.id} is said to be billed, but names no bill")
        elif rate.is_billed is False and (rate.billing_account is None or not rate.billing_account.id):
            yield Problem(f"rates[{number}].billing_account", f"charge {rate.id} is not billed yet and has no account")
        elif rate.bill is not None and ctx.trace.bills:
            yield from _by_its_bill(ctx, rate, f"rates[{number}]")


def _by_its_bill(ctx: Context, rate: AppliedRate, path: str) -> Iterator[Problem]:
    bills = {bill.id: (number, bill) for number, bill in enumerate(ctx.trace.bills or ())}
    found = bills.get(rate.bill.id) if rate.bill is not None else None
    if found is not None and rate.is_billed is False and found[1].state in _SENT:
        words = f"charge {rate.id} is said not to be billed, but its bill {found[1].id} is {found[1].state}"
        yield Problem(f"{path}.is_billed", words, (f"bills[{found[0]}].state",))
    if found is not None or not rate.is_billed or rate.bill is None:
        return
    for number, bill in bills.values():
        same = rate.billing_account is None or bill.billing_account in (None, rate.billing_account)
        if same and _covers(ctx, bill, rate):
            words = f"charge {rate.id} is on bill {rate.bill.id}, which there is not; {bill.id} is for its time"
            yield Problem(f"{path}.bill.id", words, (f"bills[{number}].billing_period",))


def _covers(ctx: Context, bill: Bill, rate: AppliedRate) -> bool:
    period, (start, end) = bill.billing_period, covered(ctx, rate)
    if period is None or period.start is None or period.end is None or start is None or end is None:
        return False
    return ctx.day(period.start) <= start and end <= ctx.day(period.end)

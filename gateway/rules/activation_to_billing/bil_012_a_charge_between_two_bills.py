"""BIL-012: each charge is on a bill, or waits for one."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_charge_between_two_bills"]


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

    What it checks: isBilled true comes with a bill; isBilled false comes with a billing account.
    Why it matters: a charge that is on no bill and on no account is never asked for.
    Passes: billed, on B-1.
    Fails: billed, on no bill; not billed, for no account.
    Harmless look-alike: a charge that does not say whether it is billed; one that names both.
    How to fix: name the bill that has the charge, or the account that it will be billed to.
    """
    for number, rate in enumerate(ctx.trace.rates or ()):
        if rate.is_billed and (rate.bill is None or not rate.bill.id):
            yield Problem(f"rates[{number}].bill", f"charge {rate.id} is said to be billed, but names no bill")
        elif rate.is_billed is False and (rate.billing_account is None or not rate.billing_account.id):
            yield Problem(f"rates[{number}].billing_account", f"charge {rate.id} is not billed yet and has no account")

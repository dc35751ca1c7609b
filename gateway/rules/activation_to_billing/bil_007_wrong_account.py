"""BIL-007: a charge on another account than the agreed one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.charges import charges
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule(
    "BIL-007",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.REJECT,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
)
def wrong_account(ctx: "Context") -> Iterator[Problem]:
    """A charge, or the bill that it is on, goes to another account than was agreed.

    What it checks: the billing account of each rate is that of its item or order, or one that is known to pay for it;
    where none was agreed, the account is the customer's own. The bill that names a rate has the rate's account.
    Why it matters: a stranger reads the bill, and the customer does not pay it.
    Passes: agreed BA-1, charged BA-1.
    Fails: agreed BA-1, charged BA-2.
    Harmless look-alike: the account of a parent who pays for the customer, as the reference data says.
    How to fix: move the charge to the agreed account, or record who pays for whom.
    """
    for charge in charges(ctx):
        account = charge.rate.billing_account
        agreed = ctx.account(charge.line) if charge.line is not None else None
        if account is None or charge.line is None:
            continue
        if agreed is not None and account.id != agreed.id and not _pays(ctx, account.id, agreed.id):
            yield Problem(
                f"{charge.path}.billing_account.id",
                f"the charge for item {charge.line.item.id} goes to {account.id}; {agreed.id} was agreed",
                related=(charge.line.path,),
            )
        elif agreed is None and _is_foreign(ctx, account.id):
            yield Problem(
                f"{charge.path}.billing_account.id",
                f"the charge for item {charge.line.item.id} goes to {account.id}, which is another customer's",
                related=(charge.line.path,),
            )
    yield from _bills(ctx)


def _bills(ctx: "Context") -> Iterator[Problem]:
    for number, bill in enumerate(ctx.trace.bills or ()):
        if bill.billing_account is None:
            continue
        lines = [one for one in charges(ctx) if one.rate.bill is not None and one.rate.bill.id == bill.id]
        theirs = {one.rate.billing_account.id: one.path for one in lines if one.rate.billing_account is not None}
        if theirs and bill.billing_account.id not in theirs:
            account, path = next(iter(theirs.items()))
            if not _pays(ctx, bill.billing_account.id, account):
                yield Problem(
                    f"bills[{number}].billing_account.id",
                    f"bill {bill.id} is for {bill.billing_account.id}, its lines are for {account}",
                    related=(f"{path}.billing_account.id",),
                )


def _pays(ctx: "Context", account_id: str, for_account: str) -> bool:
    """Whether one account, or whoever has it, is known to pay for another or for the customer."""
    wanted = {for_account, ctx.customer.id if ctx.customer else None}
    record = ctx.reference.account(account_id)
    if record is None:
        return False
    owner = ctx.reference.party(record.customer)
    return bool(wanted & {*record.pays_for, *(owner.pays_for if owner else ())})


def _is_foreign(ctx: "Context", account_id: str) -> bool:
    record = ctx.reference.account(account_id)
    if record is None or record.customer is None or ctx.customer is None or record.customer == ctx.customer.id:
        return False
    return not _pays(ctx, account_id, account_id)

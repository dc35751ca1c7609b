"""IDN-004: a bill for somebody who did not order."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.bill import Bill
from gateway.canonical.judgement import Gate, Severity
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_PAYING = frozenset({"customer", "payer", "billreceiver", "billrecipient", "debtor", "accountholder"})


@rule(
    "IDN-004",
    gate=Gate.BILLING_TO_CLOSE,
    severity=Severity.HOLD,
    reads=("product_order", "bills"),
    since="0.1",
    level=9,
)
def bill_of_another_customer(ctx: "Context") -> Iterator[Problem]:
    """The customer on the bill is not the customer of the order, nor anybody who pays for that customer.

    What it checks: who pays a bill is the order's customer, a payer whom the order names, or one who is known to pay
    for the customer or the account. A bill that names nobody is of the account's customer.
    Why it matters: one customer reads what another one bought.
    Passes: ordered by C-1, billed to C-1.
    Fails: ordered by C-1, billed to C-2.
    Harmless look-alike: billed to P-1, who pays for C-1 as the reference data says; roles in other letters.
    How to fix: bill the customer of the order, or record who pays for whom.
    """
    customer = ctx.customer
    if customer is None or ctx.order is None:
        return
    payers = {party.id for party in ctx.order.parties if _role(party.role) in _PAYING}
    for number, bill in enumerate(ctx.trace.bills or ()):
        named = [(index, one) for index, one in enumerate(bill.parties) if _role(one.role) in _PAYING]
        for index, one in named:
            if one.id not in payers and not _pays(ctx, one.id, customer.id, bill):
                yield Problem(
                    f"bills[{number}].parties[{index}].id",
                    f"bill {bill.id} is for {one.id}, but {customer.id} ordered",
                    related=("product_order.parties",),
                )
        record = ctx.reference.account(bill.billing_account.id) if bill.billing_account is not None else None
        if named or record is None or record.customer is None or record.customer in payers:
            continue
        if not _pays(ctx, record.customer, customer.id, bill):
            yield Problem(
                f"bills[{number}].billing_account.id",
                f"the account of bill {bill.id} is that of {record.customer}, but {customer.id} ordered",
                related=("product_order.parties",),
            )


def _role(role: str | None) -> str:
    return (role or "").strip().lower().replace(" ", "").replace("_", "").replace("-", "")


def _pays(ctx: "Context", party_id: str, customer_id: str, bill: Bill) -> bool:
    """Whether a party, or the account of the bill, is known to pay for a customer."""
    party = ctx.reference.party(party_id)
    account = ctx.reference.account(bill.billing_account.id) if bill.billing_account is not None else None
    agreed = {ref.id for line in ctx.lines if (ref := ctx.account(line)) is not None}
    wanted = {customer_id, *agreed}
    if party is not None and wanted & set(party.pays_for):
        return True
    return account is not None and bool(wanted & set(account.pays_for)) and account.customer in {None, party_id}

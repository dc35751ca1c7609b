"""CLO-003: a ledger that says something else than the bill."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.canonical.bill import Bill
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.money import Money
from gateway.canonical.states import BillState
from gateway.rules.amounts import money_of, say
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_SENT = frozenset({BillState.SENT, BillState.PARTIALLY_PAID, BillState.SETTLED})
_Entries = Sequence[tuple[str, LedgerEntry]]


@rule("CLO-003", gate=Gate.BILLING_TO_CLOSE, severity=Severity.HOLD, reads=("bills",), since="0.1", level=9)
def ledger_differs_from_bill(ctx: "Context") -> Iterator[Problem]:
    """What the ledger has of a bill is not the bill.

    What it checks: each bill that the ledger has is posted once, to its account, for its period, with its gross amount
    and currency; so says the fact ledger.posted too; a bill that was sent is posted by the end of the next day.
    Why it matters: the books do not close, and somebody searches for the difference by hand.
    Passes: a bill of 36.00 EUR, a posting of 36.00 EUR.
    Fails: a posting of 26.00 EUR, or two of 36.00 EUR.
    Harmless look-alike: a posting in parts that sum to the bill; a bill that is not posted yet.
    How to fix: reverse the wrong posting and post the bill as it is.
    """
    entries = [(f"ledger[{number}]", entry) for number, entry in enumerate(ctx.trace.ledger or ())]
    unposted: list[str] = []
    for number, bill in enumerate(ctx.trace.bills or ()):
        path = f"bills[{number}]"
        mine = [(where, entry) for where, entry in entries if entry.bill == bill.id]
        if mine:
            yield from _posted(ctx, bill, path, mine)
        elif ctx.trace.ledger is not None:
            unposted.append(path)
            if _is_overdue(ctx, bill):
                yield Problem("ledger", f"bill {bill.id} is {bill.state}, but the ledger has no posting of it", (path,))
        yield from _stated(ctx, bill, path)
    known = {bill.id for bill in ctx.trace.bills or ()}
    if unposted:
        for where, entry in entries:
            if entry.bill is not None and entry.bill not in known:
                words = f"the ledger posts bill {entry.bill}, which there is not"
                yield Problem(f"{where}.bill", words, related=tuple(unposted))


def _is_overdue(ctx: "Context", bill: Bill) -> bool:
    """Whether a bill that asks for money was sent so long ago that it should have been posted."""
    due = bill.gross or bill.amount_due
    if bill.state not in _SENT or bill.bill_date is None or due is None or due.amount == 0:
        return False
    said = ctx.seen("ledger.posted", f"bill:{bill.id}")  # what a system says against the ledger is a contradiction
    return said is None and ctx.day(ctx.now) > ctx.day(bill.bill_date) + timedelta(days=1)


def _posted(ctx: "Context", bill: Bill, path: str, entries: _Entries) -> Iterator[Problem]:
    accounts = {ref.id for ref in (bill.billing_account, bill.financial_account) if ref is not None}
    due = bill.gross or bill.amount_due
    for where, entry in entries:
        if entry.account is not None and accounts and entry.account not in accounts:
            words = f"bill {bill.id} is posted to account {entry.account}, which is not its own"
            yield Problem(f"{where}.account", words, related=(f"{path}.billing_account",))
        period = bill.billing_period
        for mine, theirs, name in (
            (entry.start, period.start if period else None, "start"),
            (entry.end, period.end if period else None, "end"),
        ):
            if mine is not None and theirs is not None and ctx.day(mine) != ctx.day(theirs):
                words = f"the {name} of the posting is {ctx.day(mine)}, that of bill {bill.id} is {ctx.day(theirs)}"
                yield Problem(f"{where}.{name}", words, related=(f"{path}.billing_period",))
    if due is not None:
        yield from _amounts(bill, due, path, entries)


def _amounts(bill: Bill, due: Money, path: str, entries: _Entries) -> Iterator[Problem]:
    foreign = [(where, one) for where, one in entries if one.amount is not None and one.amount.currency != due.currency]
    for where, entry in foreign:
        if entry.amount is not None:
            words = f"bill {bill.id} is posted as {say(entry.amount)}, but it is {say(due)}"
            yield Problem(f"{where}.amount", words, related=(f"{path}.gross",))
    amounts = [entry.amount.amount for _, entry in entries if entry.amount is not None]
    if foreign or len(amounts) < len(entries) or sum(amounts, Decimal(0)) == due.amount:
        return
    where, _ = entries[-1]
    if len(entries) > 1 and any(amount == due.amount for amount in amounts):
        yield Problem(where, f"bill {bill.id} is posted more than once", related=(entries[0][0],))
        return
    total = Money(amount=sum(amounts, Decimal(0)), currency=due.currency)
    yield Problem(
        f"{where}.amount", f"bill {bill.id} is posted as {say(total)}, but it is {say(due)}", (f"{path}.gross",)
    )


def _stated(ctx: "Context", bill: Bill, path: str) -> Iterator[Problem]:
    """Compare what the ledger's system said itself, where the ledger is not part of the trace."""
    due = bill.gross or bill.amount_due
    for where, fact in ctx.statements("ledger.posted", f"bill:{bill.id}")[:1]:
        amount, account = money_of(ctx, fact.value.get("amount")), fact.value.get("account")
        if amount is not None and due is not None and amount != due:
            words = f"bill {bill.id} is said to be posted as {say(amount)}, but it is {say(due)}"
            yield Problem(f"{where}.value.amount", words, related=(f"{path}.gross",))
        accounts = {ref.id for ref in (bill.billing_account, bill.financial_account) if ref is not None}
        if isinstance(account, str) and accounts and account not in accounts:
            words = f"bill {bill.id} is said to be posted to account {account}, which is not its own"
            yield Problem(f"{where}.value.account", words, related=(f"{path}.billing_account",))

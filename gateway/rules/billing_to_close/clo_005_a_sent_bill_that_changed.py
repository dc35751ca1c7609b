"""CLO-005: what was sent stays as it was."""

from collections.abc import Iterator

from gateway.canonical.bill import Bill
from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.money import Money
from gateway.canonical.states import BillState
from gateway.rules.amounts import money_of, near, say
from gateway.rules.charges import charges
from gateway.rules.context import Context
from gateway.rules.delivery import happened
from gateway.rules.rule import Problem, rule

__all__ = ["a_sent_bill_that_changed"]

_OUT = frozenset({BillState.SENT, BillState.PARTIALLY_PAID, BillState.SETTLED})
_TOTALS = ("net", "gross", "amount_due")


@rule(
    "CLO-005",
    gate=Gate.BILLING_TO_CLOSE,
    severity=Severity.HOLD,
    reads=("bills",),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def a_sent_bill_that_changed(ctx: Context) -> Iterator[Problem]:
    """A bill that was sent does not change; what was wrong in it is corrected by another document.

    What it checks: of a bill that is out, its totals are those with which it was balanced, sent and posted; no other
        document has its id or number and other totals; it was not balanced anew, nor given another charge, after it
        was sent.
    Why it matters: the customer has a paper that says something else than the books.
    Passes: a credit on the next bill.
    Fails: a total of 31.71 in a bill that was sent over 26.71.
    Harmless look-alike: a bill that changes before it is sent; payments, which change what remains; a bill of another
        month; the same bill told twice.
    How to fix: set the bill back to what was sent, and make a credit or a new bill for the difference.
    """
    bills = ctx.trace.bills or ()
    for number, bill in enumerate(bills):
        path = f"bills[{number}]"
        sent = ctx.statements("bill.sent", f"bill:{bill.id}") if ctx.trace.facts else ()
        if bill.state in _OUT or sent:
            yield from _said_otherwise(ctx, bill, path)
            if sent:
                yield from _after(ctx, bill, path, sent[0].path, sent[0].fact)
            for index, other in enumerate(bills[:number]):
                yield from _twin(bill, other, path, f"bills[{index}]")
            for index, trace in enumerate(ctx.trace.others):
                for place, other in enumerate(trace.bills or ()):
                    yield from _twin(bill, other, path, f"others[{index}].bills[{place}]")


def _twin(bill: Bill, other: Bill, path: str, where: str) -> Iterator[Problem]:
    """Compare two documents under one id, or under one number of one account."""
    accounts = {one.billing_account.id for one in (bill, other) if one.billing_account is not None}
    numbered = bool(bill.bill_no) and bill.bill_no == other.bill_no and len(accounts) < 2
    if other.state is not None and other.state not in _OUT:
        return  # a draft may still change
    if not (bill.id and bill.id == other.id) and not numbered:
        return
    for name in _TOTALS:
        mine, theirs = getattr(bill, name), getattr(other, name)
        if mine is not None and theirs is not None and mine != theirs:
            reason = f"bill {bill.bill_no or bill.id} is over {say(mine)} here and over {say(theirs)} there"
            yield Problem(f"{path}.{name}", reason, (f"{where}.{name}",))
            return


def _said_otherwise(ctx: Context, bill: Bill, path: str) -> Iterator[Problem]:
    """What was said of a bill when it was balanced, sent and posted, and is not what it says."""
    for predicate in ("bill.balanced", "bill.sent", "ledger.posted"):
        for where, fact in ctx.statements(predicate, f"bill:{bill.id}")[:1]:
            stated = _gross(ctx, fact)
            if stated is None or bill.gross is None or stated.currency != bill.gross.currency:
                continue
            if not near(stated.amount, bill.gross.amount, stated.currency):
                reason = f"bill {bill.id} is over {say(bill.gross)}, but was {_PAST[predicate]} over {say(stated)}"
                yield Problem(f"{path}.gross", reason, (where,))
                return


_PAST = {"bill.balanced": "balanced", "bill.sent": "sent", "ledger.posted": "posted"}


def _gross(ctx: Context, fact: Fact) -> Money | None:
    names = ("taxIncludedAmount", "amountDue", "amount") if fact.predicate != "ledger.posted" else ("amount",)
    return next((money for name in names if (money := money_of(ctx, fact.value.get(name))) is not None), None)


def _after(ctx: Context, bill: Bill, path: str, where: str, sent: Fact) -> Iterator[Problem]:
    """What was done to a bill after it had been sent."""
    moment = happened(ctx, sent)
    for number, fact in ctx.corrections:
        old = ctx.index.by_id(fact.supersedes or "")
        if fact.predicate != "bill.balanced" or old is None or fact.subject != f"bill:{bill.id}":
            continue
        mine, theirs = _gross(ctx, fact), _gross(ctx, old.fact)
        if (
            happened(ctx, fact) - moment > ctx.grace_for(None)
            and mine is not None
            and theirs is not None
            and mine != theirs
        ):
            reason = f"bill {bill.id} was balanced anew after it was sent: {say(theirs)} became {say(mine)}"
            yield Problem(f"facts[{number}]", reason, (where, path))
    for charge in charges(ctx):
        rate = charge.rate
        on_it = rate.bill is not None and rate.bill.id == bill.id
        if (
            not on_it
            or not charge.is_charge
            or rate.date is None
            or ctx.instant(rate.date) - moment <= ctx.grace_for(None)
        ):
            continue
        if ctx.day(rate.date) > ctx.day(moment):
            reason = f"bill {bill.id} has a charge of {ctx.day(rate.date)}, but was sent on {ctx.day(moment)}"
            yield Problem(charge.path, reason, (where, path))

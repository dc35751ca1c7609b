"""ORD-005: who pays."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["an_added_item_without_open_account"]

_OPEN = frozenset({"", "open", "active", "opened"})


@rule("ORD-005", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=4)
def an_added_item_without_open_account(ctx: Context) -> Iterator[Problem]:
    """Every added item has an open billing account of that customer, even at price zero.

    What it checks: each added item has a billing account: its own, the enclosing item's or the order's; where accounts
        are given, it is known, open, and the customer's or one that pays for the customer.
    Why it matters: what is delivered without an account can never be billed.
    Passes: account BA-1, open, of C-1.
    Fails: no account anywhere; a closed one; another customer's.
    Harmless look-alike: one account on the order for all its items; a third party that is known to pay.
    How to fix: name an open billing account of the customer on the item or on the order.
    """
    verdicts: dict[str, str | None] = {}
    for line in ctx.wanted:
        if line.item.action is not ItemAction.ADD:
            continue
        account = ctx.account(line)
        path = f"{line.path}.billing_account"
        if account is None or not account.id:
            yield Problem(path, f"item {line.item.id} has no billing account, nor has the order")
            continue
        if account.id not in verdicts:
            verdicts[account.id] = _fault(ctx, account.id)
        fault = verdicts[account.id]
        if fault is not None:
            yield Problem(path, fault)


def _fault(ctx: Context, account: str) -> str | None:
    customer = ctx.customer.id if ctx.customer else None
    if ctx.reference.accounts is not None:
        record = ctx.reference.account(account)
        if record is None:
            return f"billing account {account} is not known"
        if (record.status or "").strip().lower() not in _OPEN:
            return f"billing account {account} is {record.status}, not open"
        return _owner_fault(ctx, account, record.customer, customer, record.pays_for)
    fact = ctx.seen("account.open", "productOrder")
    if fact is None or fact.value.get("account") != account:
        return None
    if fact.value.get("open") is False or str(fact.value.get("status") or "").strip().lower() not in _OPEN:
        return f"billing account {account} is not open"
    return _owner_fault(ctx, account, fact.value.get("customer"), customer, ())


def _owner_fault(
    ctx: Context, account: str, owner: str | None, customer: str | None, pays_for: tuple[str, ...]
) -> str | None:
    if owner is None or customer is None or owner == customer or customer in pays_for:
        return None
    payer = ctx.reference.party(owner)
    if payer is not None and customer in payer.pays_for:
        return None
    return f"billing account {account} belongs to {owner}, not to {customer}"

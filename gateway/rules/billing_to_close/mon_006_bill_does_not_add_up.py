"""MON-006: a bill that is not the sum of its lines."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.money import Money
from gateway.rules.amounts import quantum, rounded, say
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("MON-006", gate=Gate.BILLING_TO_CLOSE, severity=Severity.HOLD, reads=("bills",), since="0.1", level=3)
def bill_does_not_add_up(ctx: "Context") -> Iterator[Problem]:
    """The totals of a bill are not those of its lines.

    What it checks: the bill's net is the sum of its lines, its gross is that of the lines or the net with its tax
    rounded once, net and taxes are the gross, its one tax is its rate of the net, and what is due is the gross.
    Why it matters: a bill that nobody can add up is disputed.
    Passes: lines of 30.00 and 10.00, a bill of 40.00 net and 48.00 gross.
    Fails: a bill of 53.00 gross for those lines; a bill of 12.00 for no line at all.
    Harmless look-alike: tax rounded on the sum where the lines have it rounded each; a credit among the lines; a line
    that was delivered twice just so; lines that do not say on which bill they are.
    How to fix: make the bill anew from its lines, or find the line that is missing.
    """
    for number, bill in enumerate(ctx.trace.bills or ()):
        path = f"bills[{number}]"
        lines = ctx.memo("lines_by_bill", _lines_by_bill).get(bill.id, [])
        if not lines and ctx.trace.rates is not None and _asks(bill) and all(map(_is_elsewhere, ctx.trace.rates)):
            yield Problem(f"{path}.net", f"bill {bill.id} asks for {_said(bill.gross or bill.net)}, but has no lines")
        related = tuple(f"rates[{index}]" for index, _ in lines)
        yield from _totals(bill, [rate for _, rate in lines], path, related)
        yield from _own(bill, path)
        yield from _tax(bill, path, len(lines))


def _lines_by_bill(ctx: "Context") -> dict[str, list[tuple[int, AppliedRate]]]:
    """Return the lines of each bill with their places; what was delivered twice just so counts once."""
    found: dict[str, list[tuple[int, AppliedRate]]] = {}
    earlier: dict[str, list[AppliedRate]] = {}
    for index, rate in enumerate(ctx.trace.rates or ()):
        same = earlier.setdefault(rate.id, [])
        if rate.bill is not None and rate not in same:
            found.setdefault(rate.bill.id, []).append((index, rate))
        same.append(rate)
    return found


def _asks(bill: Bill) -> bool:
    return any(money is not None and money.amount != 0 for money in (bill.net, bill.gross, bill.amount_due))


def _is_elsewhere(rate: AppliedRate) -> bool:
    """Whether a charge says that it is on a bill, or on none yet."""
    return rate.bill is not None or rate.is_billed is False


def _totals(bill: Bill, lines: Sequence[AppliedRate], path: str, related: tuple[str, ...]) -> Iterator[Problem]:
    nets = [rate.net for rate in lines if rate.net is not None]
    if not lines or len(nets) < len(lines) or len({net.currency for net in nets}) > 1:
        return
    currency = nets[0].currency
    net = sum((one.amount for one in nets), Decimal(0))
    if _differs(bill.net, {rounded(net, currency)}, currency):
        yield Problem(f"{path}.net", f"the lines sum to {net} {currency}, the bill's net is {_said(bill.net)}", related)
    right = _grosses(lines, currency)
    if right and _differs(bill.gross, right, currency):
        words = f"the lines sum to {min(right)} {currency} with tax, the bill's gross is {_said(bill.gross)}"
        yield Problem(f"{path}.gross", words, related)


def _grosses(lines: Sequence[AppliedRate], currency: str) -> set[Decimal]:
    """The gross totals that are right: lines summed, or each tax rate applied once to the lines that bear it."""
    found: set[Decimal] = set()
    grosses = [rate.gross.amount for rate in lines if rate.gross is not None and rate.gross.currency == currency]
    if len(grosses) == len(lines):
        found.add(rounded(sum(grosses, Decimal(0)), currency))
    by_rate: dict[Decimal, Decimal] = {}
    for rate in lines:
        for tax in rate.taxes:
            if tax.rate is None or rate.net is None:
                return found
            by_rate[tax.rate] = by_rate.get(tax.rate, Decimal(0)) + rate.net.amount
    if all(rate.taxes for rate in lines):
        net = sum((rate.net.amount for rate in lines if rate.net is not None), Decimal(0))
        taxes = sum((rounded(amount * percent / 100, currency) for percent, amount in by_rate.items()), Decimal(0))
        found.add(rounded(net, currency) + taxes)
    return found


def _own(bill: Bill, path: str) -> Iterator[Problem]:
    net, gross, due = bill.net, bill.gross, bill.amount_due
    amounts = [tax.amount.amount for tax in bill.taxes if tax.amount is not None]
    if net is not None and gross is not None and amounts and len(amounts) == len(bill.taxes):
        total = net.amount + sum(amounts, Decimal(0))
        if _differs(gross, {total}, net.currency):
            yield Problem(f"{path}.gross", f"{say(net)} and its taxes are not {say(gross)}", (f"{path}.taxes",))
    if gross is not None and due is not None and _differs(due, {gross.amount}, gross.currency):
        yield Problem(f"{path}.amount_due", f"{say(due)} is due, but the gross is {say(gross)}", (f"{path}.gross",))


def _tax(bill: Bill, path: str, lines: int) -> Iterator[Problem]:
    """The bill's one tax is its rate of the net amount, a minor unit off for each line where it was rounded."""
    net, tax = bill.net, bill.taxes[0] if len(bill.taxes) == 1 else None
    if net is None or tax is None or tax.rate is None or tax.amount is None or tax.amount.currency != net.currency:
        return
    if abs(net.amount * tax.rate / 100 - tax.amount.amount) > quantum(net.currency) * max(1, lines):
        yield Problem(f"{path}.taxes[0].rate", f"{tax.rate} % of {say(net)} is not {say(tax.amount)}", (f"{path}.net",))


def _differs(stated: Money | None, right: set[Decimal], currency: str) -> bool:
    if stated is None or stated.currency != currency:
        return False
    amount, unit = stated.amount, quantum(currency)
    return amount not in right and all(abs(amount - one) >= unit for one in right)


def _said(money: Money | None) -> str:
    return "unknown" if money is None else say(money)

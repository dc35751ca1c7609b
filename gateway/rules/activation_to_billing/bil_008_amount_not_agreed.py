"""BIL-008: an amount that nobody agreed to."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.money import Money
from gateway.rules.amounts import near, rounded, say
from gateway.rules.charges import Charge, charges
from gateway.rules.prices import bases, changed, factors, is_reduced, reductions
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line


@rule(
    "BIL-008",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
    params=("proration",),
)
def amount_not_agreed(ctx: "Context") -> Iterator[Problem]:
    """A charge is not the agreed price for the days that it covers.

    What it checks: a recurring charge is the item's price, or else the catalogue's, times its quantity, for the days
    that it covers under the policy's proration, rounded once; a one-time charge is the whole price. Where a price
    changes, the day of the change has the new one. A reduction that was sold is taken off, in the charge or in a line
    of its own.
    Why it matters: every wrong charge is a complaint or a loss.
    Passes: 30.00 a month from 9 March: 22.26 for 23 of 31 days.
    Fails: 30.00 for those days, 2226.00, or the full price where 20 % off were sold.
    Harmless look-alike: thirtieths of a month where the policy says 30-day; a credit or discount as its own line;
    three pieces charged one by one.
    How to fix: rate the charge anew from the agreed price; credit what was billed already.
    """
    for charge in charges(ctx):
        line, net = charge.line, charge.rate.net
        if line is None or net is None or charge.kind not in {"recurring", "nonRecurring"}:
            continue
        pieces = _pieces(ctx, line, charge)
        whole = {amount / pieces for amount, currency in bases(ctx, line, charge.kind) if currency == net.currency}
        right = changed(ctx, line, charge) or {
            amount * share for amount in whole for share in factors(ctx, line, charge)
        }
        if not whole or not right:
            continue
        allowed = _allowed(ctx, line, charge, right, whole)
        if not _is_right(net, allowed, exactly=allowed is right):
            nearest = min(allowed, key=lambda amount: abs(amount - net.amount))
            yield Problem(
                f"{charge.path}.net",
                f"item {line.item.id} is charged {say(net)}, but {nearest:.2f} {net.currency} is agreed for it",
                related=(line.path,),
                observed=say(net),
                expected=f"{nearest} {net.currency}",
            )


def _pieces(ctx: "Context", line: "Line", charge: Charge) -> int:
    """How many pieces an item is charged in, one by one: its quantity where there are as many charges just alike."""
    quantity = line.item.quantity or 1
    if quantity == 1:
        return 1
    alike = [
        one
        for one in charges(ctx)
        if one.line is not None
        and one.line.item is line.item
        and one.kind == charge.kind
        and one.rate.net == charge.rate.net
        and one.rate.period_cover == charge.rate.period_cover
    ]
    return quantity if len(alike) == quantity else 1


def _is_right(net: Money, allowed: set[Decimal], *, exactly: bool) -> bool:
    """Whether an amount is an allowed one, rounded half up; a minor unit off where it is not said how it came about."""
    if not exactly:
        return any(near(net.amount, amount, net.currency) for amount in allowed)
    hair = Decimal("1E-12")  # a share such as a third is not exact, and may miss a half by its last digit
    return any(
        net.amount in {rounded(amount, net.currency), rounded(amount + hair, net.currency)} for amount in allowed
    )


def _allowed(ctx: "Context", line: "Line", charge: Charge, right: set[Decimal], whole: set[Decimal]) -> set[Decimal]:
    """The amounts that are right: the price, the reduced price, or both where it cannot be told.

    A reduction by an amount comes off the month, of which days are taken, or off what the days cost.
    """
    sold = reductions(ctx, line, charge)
    if not sold.certain and not sold.possible:
        return right
    changes = (*sold.certain, *sold.possible)
    reduced = {change(amount) for amount in right for change in changes}
    reduced |= {
        change(amount) * share for amount in whole for share in factors(ctx, line, charge) for change in changes
    }
    apart = is_reduced(ctx, line, charge)
    return reduced if sold.certain and not apart else right | reduced

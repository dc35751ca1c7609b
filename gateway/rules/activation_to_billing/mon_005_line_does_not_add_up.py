"""MON-005: a line whose net and tax are not its gross."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.canonical.bill import AppliedRate
from gateway.canonical.judgement import Gate, Severity
from gateway.rules.amounts import near, quantum, say
from gateway.rules.charges import Charge, charges
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("MON-005", gate=Gate.ACTIVATION_TO_BILLING, severity=Severity.HOLD, reads=("rates",), since="0.1", level=3)
def line_does_not_add_up(ctx: "Context") -> Iterator[Problem]:
    """The net amount of a line and its taxes are not its gross amount.

    What it checks: net plus taxes is gross to the minor unit; a tax is its rate of the net amount; its one rate is that
    of the catalogue or of the item's price; a line without tax is of an offering with a tax rate of zero, or of a
    customer who is exempt.
    Why it matters: the tax return is wrong by every such line.
    Passes: 30.00 net, 6.00 tax, 36.00 gross.
    Fails: 30.00 net, 6.00 tax, 35.00 gross; 7 % where the catalogue has 20 %.
    Harmless look-alike: a line that states no tax and no gross; a credit with negative amounts; tax rounded on the sum
    of the bill, so that a line's tax is a minor unit off; several taxes on one line.
    How to fix: work out the tax of the line anew; the rate is a percentage.
    """
    for charge in charges(ctx):
        reason = _fault(charge.rate) or _untaxed(ctx, charge) or _other_rate(ctx, charge)
        if reason:
            yield Problem(f"{charge.path}.gross", reason, related=(f"{charge.path}.net",))


def _fault(rate: AppliedRate) -> str | None:
    net, gross = rate.net, rate.gross
    if net is None:
        return None
    for tax in rate.taxes:
        if tax.rate is None or tax.amount is None or tax.amount.currency != net.currency or len(rate.taxes) > 1:
            continue
        if not near(net.amount * tax.rate / 100, tax.amount.amount, net.currency):
            return f"{tax.rate} % of {say(net)} is not {say(tax.amount)}"
    if gross is None or gross.currency != net.currency or not rate.taxes:
        return None
    if any(tax.amount is None and tax.rate is None for tax in rate.taxes):
        return None
    total, exact = net.amount, True
    for tax in rate.taxes:
        if tax.amount is not None:
            total += tax.amount.amount
        else:
            total, exact = total + net.amount * (tax.rate or Decimal(0)) / 100, False
    off = abs(total - gross.amount)
    unit = quantum(net.currency)
    if off >= unit if exact else off > unit:
        return f"{say(net)} and its taxes are not {say(gross)}"
    return None


def _is_anybody_exempt(ctx: "Context") -> bool:
    return any(
        name.lower().startswith("taxexempt") and value
        for party in ctx.reference.parties or ()
        for name, value in party.extras.items()
    )


def _other_rate(ctx: "Context", charge: Charge) -> str | None:
    """Say that the one tax of a line has a rate that neither the catalogue nor the item's price has; or None."""
    rate, line = charge.rate, charge.line
    if line is None or not charge.is_charge or len(rate.taxes) != 1 or not rate.taxes[0].rate:
        return None
    offering = ctx.offering(line.item)
    known = {price.tax_rate for price in line.item.prices}
    known |= {offering.price.tax_rate if offering is not None and offering.price is not None else None}
    record = ctx.product(line.item)
    before = ctx.offering_of(record.offering) if record is not None else None
    known |= {before.price.tax_rate} if before is not None and before.price is not None else set()
    if known <= {None} or None in known or rate.taxes[0].rate in known or _is_anybody_exempt(ctx):
        return None
    agreed = ", ".join(str(one) for one in sorted(one for one in known if one is not None))
    return f"the line is taxed with {rate.taxes[0].rate} %, agreed was {agreed} %"


def _untaxed(ctx: "Context", charge: Charge) -> str | None:
    """Say that a line bears no tax though the catalogue has a rate and nobody is known to be exempt; or None."""
    rate, line = charge.rate, charge.line
    if rate.net is None or rate.gross is None or rate.net.amount == 0 or rate.net != rate.gross:
        return None
    if any(tax.amount is not None and tax.amount.amount for tax in rate.taxes):
        return None
    offering = ctx.offering(line.item) if line is not None else None
    price = offering.price if offering is not None else None
    if price is None or not price.tax_rate or ctx.reference.parties is None:
        return None
    if _is_anybody_exempt(ctx):
        return None
    return f"the line bears no tax, but the catalogue has {price.tax_rate} % and nobody is exempt"

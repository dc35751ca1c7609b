"""MON-002: net, tax and gross."""

from collections.abc import Iterator
from decimal import Decimal

from gateway.canonical.common import Alteration, Price
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.reference import Offering
from gateway.rules.amounts import near, rounded, say
from gateway.rules.charges import price_kind
from gateway.rules.context import Context, Line
from gateway.rules.money import prices
from gateway.rules.rule import Problem, rule

__all__ = ["a_gross_price_that_is_not_net_and_tax"]


@rule("MON-002", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=2)
def a_gross_price_that_is_not_net_and_tax(ctx: Context) -> Iterator[Problem]:
    """Gross is net times one plus the tax rate, to the minor unit.

    What it checks: where a price of the order states net, gross and tax rate, the gross is the net with
        that percentage added, one minor unit more or less; the rate of a price of the catalogue's type is the
        catalogue's.
    Why it matters: the tax that is shown is not the tax that is owed.
    Passes: net 30.00, rate 20, gross 36.00.
    Fails: net and gross swapped; a rate of 0.2 that means 20 %; a gross without its tax; 7 % where the
        catalogue has 20 %.
    Harmless look-alike: half a cent of rounding; a rate of 0 with net and gross equal; a tax-exempt customer; a price
        that states no rate.
    How to fix: correct net, gross or tax rate; the rate is a percentage, so 20 means 20 %.
    """
    for line in ctx.wanted:
        yield from _untaxed(ctx, line)
    for path, price, _ in prices(ctx):
        places: list[tuple[str, Price | Alteration]] = [(path, price)]
        places += [(f"{path}.alterations[{number}]", change) for number, change in enumerate(price.alterations)]
        for where, one in places:
            fault = _fault(ctx, one)
            if fault is not None:
                yield Problem(f"{where}.gross", fault, (f"{where}.net", f"{where}.tax_rate"))


def _untaxed(ctx: Context, line: Line) -> Iterator[Problem]:
    """A rate of zero needs a catalogue that has it so, or a customer who is exempt."""
    offering = ctx.offering(line.item) if line.item.prices else None
    rate = offering.price.tax_rate if offering is not None and offering.price is not None else None
    if not rate or _is_exempt(ctx):
        return
    for number, price in enumerate(line.item.prices):
        if price.tax_rate == 0 and price.net is not None and price.net.amount != 0:
            reason = f"item {line.item.id} is untaxed, but the catalogue taxes it with {rate} % and nobody is exempt"
            yield Problem(f"{line.path}.prices[{number}].tax_rate", reason)
        elif price.tax_rate and price.tax_rate != rate and _is_alike(price, offering):
            reason = f"item {line.item.id} is taxed with {price.tax_rate} %, the catalogue has {rate} %"
            yield Problem(f"{line.path}.prices[{number}].tax_rate", reason)


def _is_alike(price: Price, offering: Offering | None) -> bool:
    known = offering.price if offering is not None else None
    return known is not None and price_kind(price.price_type) == price_kind(known.type)


def _fault(ctx: Context, price: Price | Alteration) -> str | None:
    net, gross, rate = price.net, price.gross, price.tax_rate
    if net is None or gross is None or rate is None or net.currency != gross.currency:
        return None
    factor = 1 + rate / 100
    if near(gross.amount, net.amount * factor, net.currency):
        return None
    if near(gross.amount, net.amount, net.currency) and _is_exempt(ctx):
        return None
    if rate and near(net.amount, gross.amount * factor, net.currency):
        return f"net {say(net)} and gross {say(gross)} are swapped"
    if 0 < rate < 1 and near(gross.amount, net.amount * (1 + rate), net.currency):
        return f"the tax rate {rate} is a fraction; {rate * 100:f} is meant, in percent"
    due = rounded(Decimal(net.amount * factor), net.currency)
    return f"net {say(net)} with {rate} % tax is {due} {net.currency}, not {say(gross)}"


def _is_exempt(ctx: Context) -> bool:
    customer = ctx.customer
    record = ctx.reference.party(customer.id) if customer else None
    return record is not None and bool(record.extras.get("taxExemption") or record.extras.get("tax_exemption"))

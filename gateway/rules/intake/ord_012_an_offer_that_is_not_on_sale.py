"""ORD-012: what is sold today, at the price of the quote."""

from collections.abc import Iterator
from decimal import Decimal

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.money import Money
from gateway.canonical.states import ItemAction
from gateway.rules.amounts import money_of, near, say
from gateway.rules.charges import price_kind
from gateway.rules.context import Context, Line
from gateway.rules.derive import on_sale
from gateway.rules.rule import Problem, rule

__all__ = ["an_offer_that_is_not_on_sale"]


@rule(
    "ORD-012",
    gate=Gate.INTAKE,
    severity=Severity.HOLD,
    reads=("product_order", "reference.offerings"),
    since="0.1",
    level=6,
)
def an_offer_that_is_not_on_sale(ctx: Context) -> Iterator[Problem]:
    """An added offering is on sale on the day of the order, at the price of the catalogue or of the quote.

    What it checks: the order date of an added item is within the time in which its offering is sold, the first day
        included and the last one not; where the item states a price, it is the catalogue's, or the one that
        price.agreed says; where it states none, price.agreed is neither more than the catalogue's with its tax nor less
        than a tenth of it, as a slip of the decimal point makes it.
    Why it matters: what is no longer sold, or sold at an old price, costs its margin and a call.
    Passes: an order of 1 March for an offering that is sold from 1 January.
    Fails: an offering that no catalogue has; an order on the day on which the sale has ended; 25.00 where the catalogue
        has 30.00 and nobody agreed less.
    Harmless look-alike: the first day of sale; a change of a product that is no longer sold; a price that was agreed
        with this customer; a reduction that is stated beside the price.
    How to fix: choose an offering that is on sale, or have the price agreed by a quote.
    """
    for line in ctx.wanted:
        if line.item.action is not ItemAction.ADD or line.item.offering is None:
            continue
        offering = ctx.offering(line.item)
        if offering is None:
            if ctx.reference.offerings and ctx.seen("offer.valid", line.subject) is None:
                yield Problem(f"{line.path}.offering", f"offering {line.item.offering.id} is in no catalogue")
            continue
        if ctx.order is not None and ctx.order.order_date is not None and not on_sale(ctx, offering):
            day = ctx.day(ctx.order.order_date)
            yield Problem(f"{line.path}.offering", f"offering {offering.id} is not on sale on {day}")
        known = offering.price
        if known is not None and known.net is not None:
            yield from _prices(ctx, line, known.net, price_kind(known.type))


def _prices(ctx: Context, line: Line, known: Money, kind: str) -> Iterator[Problem]:
    stated = [(number, price) for number, price in enumerate(line.item.prices) if price_kind(price.price_type) == kind]
    fact = ctx.seen("price.agreed", line.subject)
    agreed = money_of(ctx, fact.value.get("net")) if fact is not None else None
    if agreed is not None and not line.item.prices:
        yield from _slips(ctx, line, agreed, known)
    if len(stated) != 1 or agreed is not None:
        return  # parts of one price, or a price that was agreed, which is compared elsewhere
    number, price = stated[0]
    if price.net is None or price.net.currency != known.currency:
        return
    right = {known.amount, known.amount * (line.item.quantity or 1)}
    if price.net.amount not in right:
        yield Problem(
            f"{line.path}.prices[{number}].net",
            f"item {line.item.id} is offered for {say(price.net)}; the catalogue has {say(known)} and no quote less",
        )


def _slips(ctx: Context, line: Line, agreed: Money, known: Money) -> Iterator[Problem]:
    offering = ctx.offering(line.item)
    rate = offering.price.tax_rate if offering and offering.price else None
    most = known.amount * (line.item.quantity or 1) * (1 + (rate or Decimal(0)) / 100)
    if agreed.currency != known.currency or known.amount <= 0:
        return
    is_more = agreed.amount > most and not near(agreed.amount, most, known.currency)
    if is_more or 0 < agreed.amount < known.amount / 10:
        path = ctx.statements("price.agreed", line.subject)[0].path
        yield Problem(
            f"{path}.value.net", f"{say(agreed)} is agreed for item {line.item.id}; the catalogue has {say(known)}"
        )

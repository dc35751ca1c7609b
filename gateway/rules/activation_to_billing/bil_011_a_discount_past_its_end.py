"""BIL-011: a promotion that does not end."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.amounts import near, say
from gateway.rules.charges import Charge, charges, covered, price_kind
from gateway.rules.context import Context, Line
from gateway.rules.prices import applies, bases, factors, reduced_by, stated_end
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["a_discount_past_its_end"]


@rule(
    "BIL-011",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.WARN,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
    params=("proration",),
)
def a_discount_past_its_end(ctx: Context) -> Iterator[Problem]:
    """A discount is not given any more when its time is over.

    What it checks: no discount line begins after the end of the item's promotion, and no charge after it has the
        reduced price. The end is a date that the reduction, the item or price.agreed names, or so many months after
        the activation. A warning: the customer is not harmed, and BIL-008 holds an amount that nobody agreed to.
    Why it matters: promotions that billing forgets to end cost a share of the revenue each month.
    Passes: 20 % off for 12 months, the full price from the 13th.
    Fails: 20 % off for 12 months, still given in month 20.
    Harmless look-alike: the month in which the promotion ends, however it is counted; a goodwill credit; a discount
        without an end.
    How to fix: end the discount in billing, and agree with the customer on what was given since.
    """
    for charge in charges(ctx):
        line, net = charge.line, charge.rate.net
        if line is None or net is None or charge.kind not in {"recurring", "discount"}:
            continue
        start, _ = covered(ctx, charge.rate)
        if start is None or line.item.action is ItemAction.DELETE:
            continue
        reason = _late_line(ctx, line, charge) if charge.kind == "discount" else _late_price(ctx, line, charge, start)
        if reason is not None:
            yield Problem(charge.path, f"item {line.item.id}: {reason}", (line.path,))


def _changes(line: Line) -> Iterator[Any]:
    return (change for price in line.item.prices for change in price.alterations)


def _late_line(ctx: Context, line: Line, charge: Charge) -> str | None:
    answers = [applies(ctx, line, charge, change) for change in _changes(line)]
    if answers and all(answer is False for answer in answers):
        return "a discount is given after the end of the promotion"
    start, end = covered(ctx, charge.rate)[0], _end(ctx, line)
    if not answers and start is not None and end is not None and start > end:
        return f"a discount is given from {start} on, but the promotion ended on {end}"
    return None


def _late_price(ctx: Context, line: Line, charge: Charge, start: date) -> str | None:
    net = charge.rate.net
    if net is None:
        return None
    over = [
        taken
        for change in _changes(line)
        if price_kind(change.price_type) in {"recurring", ""}
        and (taken := reduced_by(change, line.item.quantity or 1)) is not None
        and applies(ctx, line, charge, change) is False
    ]
    end = None if over else _end(ctx, line)
    if not over and (end is None or start <= end):
        return None
    shares = factors(ctx, line, charge)
    whole = {
        amount * share
        for amount, currency in bases(ctx, line, "recurring")
        if currency == net.currency
        for share in shares
    }
    if over and any(near(taken(amount), net.amount, net.currency) for taken in over for amount in whole):
        return f"{say(net)} is the reduced price, and the promotion is over"
    list_price = _list_price(ctx, line)
    least = list_price * min(shares) if list_price is not None and shares else Decimal(0)
    if end is not None and net.amount < least and not near(net.amount, least, net.currency):
        return f"{say(net)} is charged from {start} on, but the promotion ended on {end}"
    return None


def _list_price(ctx: Context, line: Line) -> Decimal | None:
    offering = ctx.offering(line.item)
    price = offering.price.net if offering is not None and offering.price is not None else None
    return None if price is None else price.amount * (line.item.quantity or 1)


def _end(ctx: Context, line: Line) -> date | None:
    """The end of a promotion that the item itself or its agreed price names."""
    named = {one.name: one.value for one in ordered(line.item) if "promo" in one.name.lower() or "disc" in one.name}
    found = stated_end(ctx, named) if named else None
    if found is not None:
        return found
    fact = ctx.seen("price.agreed", line.subject)
    return stated_end(ctx, {k: v for k, v in fact.value.items() if k != "validUntil"}) if fact is not None else None

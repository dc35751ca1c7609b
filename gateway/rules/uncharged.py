"""What runs and is not charged: days between charges, products after a change, charges on no bill, bills made late."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.canonical.money import Money
from gateway.canonical.states import ItemAction
from gateway.rules.charges import charges, charges_of, covered, price_kind
from gateway.rules.delivery import happened, outcome_of
from gateway.rules.rule import Problem
from gateway.rules.times import end_of_month
from gateway.rules.work import is_suspension

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = ["late_bills", "uncharged_days"]

_STOPS = ("service.suspended", "service.ceased")
_MONTHS = frozenset({"month", "monthly", "p1m", "1 month"})


def uncharged_days(ctx: "Context") -> Iterator[Problem]:
    """Yield the days for which a product with a monthly price should have been charged by now and was not."""
    for line in ctx.live:
        if line.item.action not in {ItemAction.ADD, ItemAction.MODIFY} or not _is_monthly(ctx, line):
            continue
        if any(ctx.seen(predicate, line.subject) for predicate in _STOPS) or _is_given(line):
            continue
        if line.item.action is ItemAction.MODIFY:
            yield from _after_change(ctx, line)
        yield from _between(ctx, line)


def late_bills(ctx: "Context") -> Iterator[Problem]:
    """Yield bills of a cycle that were made too late, and charges that no bill has though it is due."""
    lag = timedelta(days=ctx.policy_for(None).bill_lag_days)
    for number, bill in enumerate(ctx.trace.bills or ()):
        end = bill.billing_period.end if bill.billing_period is not None else None
        if end is None or bill.bill_date is None or (bill.run_type or "").strip().lower() == "offcycle":
            continue
        made, due = ctx.day(bill.bill_date), ctx.day(end) + lag
        if made > due:
            words = f"bill {bill.id} for the time to {ctx.day(end)} is of {made}, but was due by {due}"
            yield Problem(f"bills[{number}].bill_date", words, (f"bills[{number}].billing_period.end",))
    if ctx.trace.bills is None or ctx.trace.bills:
        return
    for charge in charges(ctx):
        _, last = covered(ctx, charge.rate)
        if last is None or charge.line is None or not charge.is_charge or not _costs(charge.rate.net):
            continue
        due = end_of_month(last - timedelta(days=1)) + lag
        if ctx.day(ctx.now) > due:
            words = f"charge {charge.rate.id} to {last} is on no bill, but was due on one by {due}"
            yield Problem(charge.path, words, ("bills",))


def _after_change(ctx: "Context", line: "Line") -> Iterator[Problem]:
    said = ctx.statements(outcome_of(ctx, line), line.subject)
    if is_suspension(line.item) or not said or ctx.product(line.item) is None:
        return
    day = ctx.day(happened(ctx, said[0].fact))
    due = end_of_month(day) + timedelta(days=ctx.policy_for(None).bill_lag_days)
    ends = [covered(ctx, charge.rate)[1] for charge in charges_of(ctx, line)]
    if ctx.day(ctx.now) > due and all(end is not None and end <= day for end in ends):
        words = f"item {line.item.id} runs as changed since {day}, but is not charged from then on by {due}"
        yield Problem(line.path, words, related=(said[0].path, "rates"))


def _between(ctx: "Context", line: "Line") -> Iterator[Problem]:
    """Gaps between the charges of a product, and between the last one and the end of its month."""
    found: list[tuple[date, date, str]] = []
    for charge in charges_of(ctx, line):
        if charge.kind != "recurring":
            continue
        start, end = covered(ctx, charge.rate)
        if start is None or end is None or end <= start:
            return
        found.append((start, end, charge.path))
    if not found or ctx.policy_for(None).proration == "none":
        return
    found.sort()
    reached, where = found[0][1], found[0][2]
    for start, end, path in found[1:]:
        if start > reached:
            yield _gap(line, reached, start, path)
        if end > reached:
            reached, where = end, path
    full = end_of_month(reached - timedelta(days=1))
    if reached < full and ctx.day(ctx.now) > full + timedelta(days=ctx.policy_for(None).bill_lag_days):
        yield _gap(line, reached, full, where)


def _gap(line: "Line", start: date, end: date, path: str) -> Problem:
    return Problem(
        f"{path}.period_cover", f"item {line.item.id} is not charged from {start} to {end}", related=(line.path,)
    )


def _is_monthly(ctx: "Context", line: "Line") -> bool:
    """Whether an item costs something each month: by its own prices, else by the catalogue's."""
    offering = ctx.offering(line.item)
    if offering is not None and not offering.separately_billable:
        return False
    stated = [price for price in line.item.prices if price_kind(price.price_type) == "recurring"]
    if stated:
        return all((one.period or "").strip().lower() in _MONTHS and _costs(one.net or one.gross) for one in stated)
    price = offering.price if offering is not None and not line.item.prices else None
    if price is None or price_kind(price.type) != "recurring":
        return False
    return (price.period or "").strip().lower() in _MONTHS and _costs(price.net)


def _costs(money: Money | None) -> bool:
    return money is not None and money.amount != 0


def _is_given(line: "Line") -> bool:
    """Whether some days are free on purpose."""
    return any(
        abs(change.percentage or Decimal(0)) >= 100
        or "free" in f"{change.name or ''} {change.description or ''}".lower()
        for price in line.item.prices
        for change in price.alterations
    )

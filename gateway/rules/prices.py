"""Prices in rules: what an item costs, for which share of a period, and what reductions were sold with it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.canonical.common import Alteration
from gateway.canonical.money import Money
from gateway.canonical.states import ItemAction
from gateway.rules.amounts import money_of
from gateway.rules.charges import Charge, charges, covered, justified_start, names_rate, price_kind
from gateway.rules.delivery import activation
from gateway.rules.times import end_of_month, read_date

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = [
    "Reductions",
    "applies",
    "bases",
    "changed",
    "factors",
    "is_reduced",
    "reduced_by",
    "reductions",
    "share",
    "stated_end",
]

_PERIODS = frozenset({"validfor", "applicationperiod", "promotionperiod", "discountperiod", "period"})
_ENDS = frozenset(
    {"enddate", "enddatetime", "validuntil", "until", "applicationend", "discountend", "discountenddate"}
    | {"discountuntil", "promotionend", "promotionenddate", "promotionuntil", "promoend", "promoenddate", "promountil"}
)

_MONTHLY = frozenset({"", "month", "monthly", "months", "1 month", "p1m"})
_CHANGES = ("service.suspended", "service.resumed", "service.ceased")
_UP = ("surcharge", "increase", "uplift", "markup")


class Reductions(NamedTuple):
    """What may come off a charge: surely, and where it depends on how the months of a reduction are counted."""

    certain: tuple[Callable[[Decimal], Decimal], ...] = ()
    possible: tuple[Callable[[Decimal], Decimal], ...] = ()


def bases(ctx: "Context", line: "Line", kind: str) -> Iterator[tuple[Decimal, str]]:
    """Yield the (net amount, currency) that an item may cost a period, or at once for a one-time price.

    The item's own prices count; without them the catalogue's and the agreed one; for a changed product also
    the old one.
    """
    item, quantity = line.item, line.item.quantity or 1
    stated = [price for price in item.prices if price_kind(price.price_type) in {kind, ""}]
    nets = [price.net for price in stated if price.net is not None]
    for net in nets:
        yield net.amount * quantity, net.currency
    if len(nets) > 1 and len({net.currency for net in nets}) == 1:
        yield sum((net.amount for net in nets), Decimal(0)) * quantity, nets[0].currency
    record = ctx.product(item)
    offerings = [ctx.offering(item) if not item.prices or quantity > 1 else None]
    offerings.append(ctx.offering_of(record.offering) if record and item.action is not ItemAction.ADD else None)
    for offering in offerings:
        price = offering.price if offering is not None else None
        if price is not None and price.net is not None and price_kind(price.type) in {kind, ""}:
            yield price.net.amount * quantity, price.net.currency
    fact = None if item.prices else ctx.seen("price.agreed", item.subject)
    agreed = money_of(ctx, fact.value.get("net")) if fact is not None else None
    if fact is not None and agreed is not None and price_kind(str(fact.value.get("type", ""))) in {kind, ""}:
        yield agreed.amount * quantity, agreed.currency


def changed(ctx: "Context", line: "Line", charge: Charge) -> set[Decimal] | None:
    """Return what a charge of a product with a new price may be: old to the day of the change, new from that day on.

    None where no price changes, or where it cannot be told.
    """
    item, (start, end) = line.item, covered(ctx, charge.rate)
    old = _old_price(ctx, line)
    if old is None:
        return None
    new, began = _new_price(ctx, line), activation(ctx, line)
    if charge.kind != "recurring" or ctx.policy_for(line).proration == "none" or not _is_monthly(ctx, line):
        return None
    if start is None or end is None or end <= start or began is None or new is None or old == new:
        return None
    found: set[Decimal] = set()
    for day in {began.first, began.last, justified_start(ctx, line) or began.first}:
        before = share(ctx.policy_for(line).proration, start, min(day, end)) if start < day else Decimal(0)
        after = share(ctx.policy_for(line).proration, max(start, day), end) if day < end else Decimal(0)
        found.add((old.amount * before + new.amount * after) * (item.quantity or 1))
    return found


def _old_price(ctx: "Context", line: "Line") -> Money | None:
    record = ctx.product(line.item) if line.item.action is ItemAction.MODIFY else None
    offering = ctx.offering_of(record.offering) if record is not None else None
    price = offering.price if offering is not None else None
    return price.net if price is not None and price_kind(price.type) == "recurring" else None


def _new_price(ctx: "Context", line: "Line") -> Money | None:
    stated = [price for price in line.item.prices if price_kind(price.price_type) == "recurring"]
    if stated:
        return stated[0].net if len(stated) == 1 else None
    offering = ctx.offering(line.item)
    price = offering.price if offering is not None else None
    return price.net if price is not None and price_kind(price.type) == "recurring" else None


def factors(ctx: "Context", line: "Line", charge: Charge) -> set[Decimal]:
    """Return the shares of the price that a charge may be; empty where it cannot be told."""
    if charge.kind == "nonRecurring":
        return {Decimal(1)}
    start, end = covered(ctx, charge.rate)
    if _changes_within(ctx, line, start, end):
        return set()
    if ctx.policy_for(line).proration == "none":
        return {Decimal(1)} if start is None or end is None else {Decimal(1), Decimal(max(1, _months(start, end)))}
    if start is None or end is None or end <= start or not _is_monthly(ctx, line):
        return set()
    found = {share(ctx.policy_for(line).proration, start, end)}
    began = activation(ctx, line) if line.item.action is ItemAction.ADD else None
    if began is not None:
        first = min(began.first, justified_start(ctx, line) or began.first)
        if start < first < end:
            found.add(share(ctx.policy_for(line).proration, first, end))
    return found


def share(proration: str, start: date, end: date) -> Decimal:
    """Return how many months the days from start, end not included, are: `actual` or `30-day`."""
    days, of = 0, 1  # of the first month, where it is not a whole one
    if start.day > 1 or end < end_of_month(start):
        until = min(end, end_of_month(start))
        days, of = (until - start).days, _length(proration, start)
        start = until
    if start >= end:
        return Decimal(days) / Decimal(of)
    months = (end.year - start.year) * 12 + end.month - start.month
    last = _length(proration, end) if end.day > 1 else 1
    return Decimal(days * last + months * of * last + (end.day - 1) * of) / Decimal(of * last)


def _length(proration: str, within: date) -> int:
    """How many days the month of a day counts for."""
    return (end_of_month(within) - within.replace(day=1)).days if proration == "actual" else 30


def reductions(ctx: "Context", line: "Line", charge: Charge) -> Reductions:
    """Return what was sold to come off an item's charge; a reduction of unclear meaning is only possible."""
    certain: list[Callable[[Decimal], Decimal]] = []
    possible: list[Callable[[Decimal], Decimal]] = []
    for price in line.item.prices:
        if price_kind(price.price_type) not in {charge.kind, ""}:
            continue
        for change in price.alterations:
            taken = reduced_by(change, line.item.quantity or 1)
            runs = applies(ctx, line, charge, change)
            if taken is None or runs is False:
                continue
            (certain if runs and change.percentage else possible).append(taken)
    return Reductions(tuple(certain) if len(certain) == 1 and not possible else (), tuple(possible or certain))


def is_reduced(ctx: "Context", line: "Line", charge: Charge) -> bool:
    """Whether a line of its own takes something off a charge."""
    return any(
        one.kind in {"discount", "credit"}
        and (names_rate(one.rate, "reducesRate") or names_rate(one.rate, "correctsRate") or charge.rate.id)
        == charge.rate.id
        and (one.line is None or one.line.item is line.item)
        for one in charges(ctx)
    )


def reduced_by(change: Alteration, quantity: int) -> Callable[[Decimal], Decimal] | None:
    """Return what a reduction makes of an amount; None where it is a surcharge, or says neither share nor amount."""
    words = f"{change.name or ''} {change.description or ''} {change.price_type or ''}".lower()
    if any(word in words for word in _UP):
        return None
    if change.percentage is not None:
        left = 1 - abs(change.percentage) / 100
        return lambda amount: amount * left
    if change.net is not None:
        off = abs(change.net.amount)
        return lambda amount: amount - off * quantity
    return None


def stated_end(ctx: "Context", said: Mapping[str, Any]) -> date | None:
    """Return the day that members of an alteration, a fact or an item name as the end of a reduction, or None."""
    for name, value in said.items():
        bare = name.lower().replace("_", "")
        if bare in _PERIODS and isinstance(value, dict):
            return read_date(value.get("endDateTime", value.get("end")), ctx.zone)
        if bare in _ENDS:
            return read_date(value, ctx.zone)
    return None


def applies(ctx: "Context", line: "Line", charge: Charge, change: Alteration) -> bool | None:
    """Whether a reduction still runs in the period of a charge; None where it depends on how its end is counted."""
    start, end = covered(ctx, charge.rate)
    until = stated_end(ctx, change.extras) if change.extras else None
    if until is not None:
        if start is None or end is None or start == until or start < until < end:
            return None
        return start < until
    if change.duration is None:
        return True
    began = activation(ctx, line)
    if start is None or began is None:
        return None
    months = (start.year - began.first.year) * 12 + start.month - began.first.month
    if months == change.duration:
        return None
    return months < change.duration


def _changes_within(ctx: "Context", line: "Line", start: date | None, end: date | None) -> bool:
    """Whether the item stops, starts again or changes inside the days of a charge, so that its price is in parts."""
    moments = [one for name in _CHANGES for one in ctx.statements(name, line.subject)]
    if line.item.action is ItemAction.MODIFY:
        moments += ctx.statements("service.activated", line.subject)
    if start is None or end is None:
        return bool(moments)
    days = [ctx.day(one.fact.valid_from or one.fact.observed_at) for one in moments]
    return any(start < day < end for day in days)


def _is_monthly(ctx: "Context", line: "Line") -> bool:
    offering = ctx.offering(line.item)
    stated = [price.period for price in line.item.prices if price_kind(price.price_type) == "recurring"]
    if not stated and offering is not None and offering.price is not None:
        stated = [offering.price.period]
    return all((period or "").strip().lower() in _MONTHLY for period in stated)


def _months(start: date, end: date) -> int:
    """How many months a stretch is, to the nearest: a month from the 9th to the 9th is one."""
    return round((end - start) / timedelta(days=30.44))

"""BIL-014: a fee for what happened, and only for that."""

import re
from collections.abc import Iterator, Sequence

from gateway.canonical.bill import AppliedRate
from gateway.canonical.common import Price
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.amounts import say
from gateway.rules.charges import Charge, charges, is_credited, price_kind
from gateway.rules.context import DEAD_STATES, Context, Line
from gateway.rules.delivery import happened
from gateway.rules.moves import Move, moves
from gateway.rules.rule import Problem, rule
from gateway.rules.times import read_date
from gateway.rules.work import installs_itself, needs_visit

__all__ = ["a_fee_without_its_reason"]

_VISIT = re.compile(r"install|visit|truck|technician|engineer|call.?out|on.?site|field.?work", re.IGNORECASE)
_NO_VISIT = re.compile(r"self|kit|shipping|postage|deliver|instal?l?ment|plan", re.IGNORECASE)
_LEAVE = re.compile(r"terminat|cease|early.?exit|disconnect|exit.?fee|break.?fee|deactivat", re.IGNORECASE)
_TERMS = frozenset({"termend", "contractend", "contractenddate", "commitmentend", "minimumtermend", "termenddate"})


@rule(
    "BIL-014",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "rates"),
    since="0.1",
    level=9,
    params=("bill_lag_days",),
)
def a_fee_without_its_reason(ctx: Context) -> Iterator[Problem]:
    """A fee for a visit or for leaving is charged when there was one, and then it is charged.

    What it checks: a fee for an installation or a visit is about an item where somebody was; one for leaving is about
        an item that leaves, before the end of its term and not because it moves; a visit that was sold for a price and
        that took place is charged once the item's other charges are.
    Why it matters: a wrong fee is given back with an apology; a forgotten one is never seen again.
    Passes: the crew came, and the installation fee is charged.
    Fails: the customer installed the box, and a visit is charged.
    Harmless look-alike: the price of a self-installation kit; a fee that was credited; a fee of nothing; a fee for
        cancelling, which is a matter of the contract; a missed visit.
    How to fix: credit the fee, or send the fact that it is for; charge what was sold and done.
    """
    for charge in charges(ctx):
        line, net = charge.line, charge.rate.net or charge.rate.gross
        if line is None or net is None or net.amount <= 0 or charge.kind not in {"fee", "nonRecurring", ""}:
            continue
        words = _words(charge.rate)
        reason = None
        if _VISIT.search(words) and not _NO_VISIT.search(words):
            reason = _no_visit(ctx, line)
        elif _LEAVE.search(words):
            reason = _no_leave(ctx, line)
        if reason is not None and not is_credited(ctx, charge.rate):
            yield Problem(charge.path, f"item {line.item.id} is charged {say(net)}, but {reason}", (line.path,))
    for line in ctx.live:
        if any(_is_sold(price) for price in line.item.prices):
            yield from _forgotten(ctx, line)


def _words(rate: AppliedRate) -> str:
    named = [str(one.value) for one in rate.characteristics if "fee" in one.name.lower()]
    return " ".join([rate.name or "", rate.description or "", rate.type or "", *named])


def _no_visit(ctx: Context, line: Line) -> str | None:
    subject = line.subject
    if line.item.action is not ItemAction.ADD or ctx.seen("field.completed", subject) is not None:
        return None
    dead = line.item.state in DEAD_STATES or (ctx.order is not None and ctx.order.state in DEAD_STATES)
    if dead:
        return None if ctx.seen("appointment.booked", subject) is not None else "nobody ever went there"
    if installs_itself(ctx, line):
        return "the customer installed it"
    if ctx.index.of("field.completed") or "field.completed" in ctx.not_yet:
        return None  # somebody was there for another item of the order, perhaps for this one too
    if needs_visit(ctx, line) or ctx.offering(line.item) is None:
        return None  # a visit that nobody reported is what the gate waits for
    return None if ctx.seen("appointment.booked", subject) is not None else "nobody was there"


def _no_leave(ctx: Context, line: Line) -> str | None:
    if any(_is_half(move, line) for move in moves(ctx)):
        return "it moves"
    dead = line.item.state in DEAD_STATES or (ctx.order is not None and ctx.order.state in DEAD_STATES)
    if line.item.action is not ItemAction.DELETE:
        return None if dead else "it does not leave"
    record, ceased = ctx.product(line.item), ctx.seen("service.ceased", line.subject)
    if record is None or ceased is None:
        return None
    said = {**record.extras, **record.characteristics}
    stated = next((value for name, value in said.items() if name.lower().replace("_", "") in _TERMS), None)
    end = read_date(stated, ctx.zone)
    return f"its term ended on {end}" if end is not None and ctx.day(happened(ctx, ceased)) > end else None


def _is_half(move: Move, line: Line) -> bool:
    return move.linked and (line.item is move.old.item or line.item is move.new.item)


def _is_sold(price: Price) -> bool:
    words = f"{price.name or ''} {price.description or ''}"
    net = price.net or price.gross
    free = any((change.percentage or 0) >= 100 or change.net is not None for change in price.alterations)
    one_time = price_kind(price.price_type) in {"nonRecurring", "fee"}
    named = _VISIT.search(words) and not _NO_VISIT.search(words)
    return bool(one_time and named and net is not None and net.amount > 0 and not free)


def _forgotten(ctx: Context, line: Line) -> Iterator[Problem]:
    """A visit that was sold and took place, of an item whose other charges are there."""
    done = ctx.statements("field.completed", line.subject)
    mine = [one for one in charges(ctx) if one.line is not None and one.line.item is line.item]
    if not done or line.item.action is not ItemAction.ADD or not _is_rated(ctx, mine):
        return
    if any(one.kind in {"fee", "nonRecurring", ""} for one in (*mine, *_unnamed(ctx))):
        return
    reason = f"item {line.item.id}: the visit was sold and took place, but it is not charged"
    yield Problem(f"{line.path}.prices", reason, (done[0].path, "rates"))


def _unnamed(ctx: Context) -> Iterator[Charge]:
    """Charges for a visit, whatever item they name."""
    return (one for one in charges(ctx) if _VISIT.search(_words(one.rate)))


def _is_rated(ctx: Context, mine: Sequence[Charge]) -> bool:
    """Whether the charges of an item have been made: one of them is on a bill, or the bills are out."""
    recurring = [one for one in mine if one.kind == "recurring"]
    return bool(recurring) and (bool(ctx.trace.bills) or any(one.rate.is_billed for one in recurring))

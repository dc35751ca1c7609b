"""LIF-012: a move is one thing."""

from collections.abc import Iterator
from datetime import timedelta

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import Trace
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.delivery import happened
from gateway.rules.identifiers import Identifier, identifiers, identifiers_in
from gateway.rules.moves import Move, is_called_move, moved_from, moves
from gateway.rules.related import is_related
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["a_move_in_two_loose_halves"]

_NEAR = timedelta(days=1)
_KEEP = frozenset({"keepnumber", "numberretention", "keepsnumber", "retainnumber"})
_NEW = frozenset({"newnumber", "numberchange", "changenumber"})
_TERMS = frozenset({"contractterm", "term", "minimumterm", "commitment", "contractend", "contractenddate", "termend"})
_NUMBERS = ("resource.reserved", "resource.assigned", "service.activated")


@rule(
    "LIF-012",
    gate=None,
    severity=Severity.REJECT,
    reads=("product_order",),
    since="0.1",
    level=8,
    params=("move_gap_days",),
)
def a_move_in_two_loose_halves(ctx: Context) -> Iterator[Problem]:
    """A move is a delete at the old and an add at the new place, linked, close to each other, number and term kept.

    What it checks: a delete and an add of one offering at two places name each other; an item that says that it moves
        has its other half; between the end here and the start there are at most the policy's moveGapDays; number and
        term of the old product are those of the new one. A gap or a number that only the network shows holds, for it
        has happened. Two orders of one day that look like the halves are warned of only: a customer may have two homes.
    Why it matters: the customer pays twice for setting up and for leaving, and loses the number.
    Passes: the delete names the add, both on one day, with one number.
    Fails: a delete and an add of the same offering that do not know of each other.
    Harmless look-alike: another offering bought elsewhere while the old one ends; a swap at the same place; a start
        before the end, so that both run for a few days; a customer who asks for another number.
    How to fix: link the two items by a relationship, and take number and term over.
    """
    found = moves(ctx)
    for move in found:
        if not move.linked:
            reason = f"items {move.old.item.id} and {move.new.item.id} look like a move, but are not linked"
            yield Problem(f"{move.new.path}.relationships", reason, (move.old.path,))
        yield from _kept(ctx, move)
        yield from _gap(ctx, ctx, move, "")
    halves = {id(line.item) for move in found for line in (move.old, move.new)}
    for line in ctx.wanted:
        if line.item.action is ItemAction.ADD and id(line.item) not in halves:
            yield from _half(ctx, line)
    for number, trace in enumerate(ctx.trace.others):
        if trace.product_order is not None:
            yield from _two_orders(ctx, trace, trace.product_order, f"others[{number}]")


def _half(ctx: Context, line: Line) -> Iterator[Problem]:
    """An item that says that it moves needs the delete of what it moves from: here, or in another order."""
    product = moved_from(line.item)
    if product is None:
        return
    for view in (ctx, *(Context(trace, frozenset()) for trace in ctx.trace.others)):
        for other in view.lines:
            gone = other.item.product.id if other.item.product is not None else None
            if other.item.action is ItemAction.DELETE and (gone == product or not product):
                return
    reason = f"item {line.item.id} moves {product or 'a product'}, but nothing is given up at the old place"
    yield Problem(line.path, reason)


def _numbers(found: Iterator[Identifier]) -> dict[str, str]:
    return {one.value: one.path for one in found if one.kind == "number"}


def _kept(ctx: Context, move: Move) -> Iterator[Problem]:
    record = ctx.product(move.old.item)
    if record is None or not record.characteristics:
        return
    wishes = {one.name.lower().replace("_", ""): str(one.value).strip().lower() for one in ordered(move.new.item)}
    for index, one in enumerate(ordered(move.new.item)):
        before = record.characteristics.get(one.name)
        kept = before is None or one.value is None or str(before) == str(one.value)
        if move.linked and one.name.lower().replace("_", "") in _TERMS and not kept:
            reason = f"{one.name} is {before} at the old place and {one.value} at the new one"
            yield Problem(f"{move.new.path}.product.characteristics[{index}].value", reason, (move.old.path,))
    if any(wishes.get(name) in {"false", "no", "0"} for name in _KEEP) or any(
        wishes.get(name) in {"true", "yes", "1"} for name in _NEW
    ):
        return
    old = _numbers(identifiers_in(record.characteristics, ""))
    if not old:
        return
    asked = _numbers(identifiers(ordered(move.new.item), f"{move.new.path}.product.characteristics"))
    if asked and not old.keys() & asked.keys():
        reason = f"number {next(iter(old))} is not kept: the new place has {next(iter(asked))}"
        yield Problem(next(iter(asked.values())), reason, (move.old.path,))
        return
    for predicate in _NUMBERS:
        for path, fact in ctx.statements(predicate, move.new.item.subject)[:1]:
            given = _numbers(identifiers_in(fact.value, path))
            if given and not old.keys() & given.keys():
                reason = f"number {next(iter(old))} is not kept: the new place has {next(iter(given))}"
                yield Problem(next(iter(given.values())), reason, (move.old.path,), severity=Severity.HOLD)
                return


def _gap(ctx: Context, there: Context, move: Move, prefix: str) -> Iterator[Problem]:
    """The days without a service between the two halves; `there` is where the old half is."""
    ended = there.statements("service.ceased", move.old.item.subject)
    began = ctx.statements("service.activated", move.new.item.subject)
    if not ended or not began:
        return
    days = (ctx.day(happened(ctx, began[0].fact)) - ctx.day(happened(ctx, ended[0].fact))).days
    if days > ctx.policy_for(None).move_gap_days:
        reason = f"between the end at the old and the start at the new place are {days} days"
        yield Problem(began[0].path, reason, (prefix + ended[0].path, move.new.path), severity=Severity.HOLD)


def _two_orders(ctx: Context, trace: Trace, order: ProductOrder, path: str) -> Iterator[Problem]:
    if ctx.order is None or order.id == ctx.order.id or not _same_customer(ctx, order):
        return
    other = Context(trace.model_copy(update={"reference": ctx.reference}), frozenset())
    related = is_related(ctx.order, order)
    one_day = _within_a_day(ctx, order)
    if not related and not one_day:
        return
    for old, new, here in (*_pairs(other, ctx, here=False), *_pairs(ctx, other, here=True)):
        if related or moved_from(new.item):
            if not here:
                yield from _gap(ctx, other, Move(old, new, linked=True), f"{path}.")
            continue
        mine = old if here else new
        reason = f"item {mine.item.id} and order {order.id} look like the two halves of a move, but are not linked"
        said = is_called_move(ctx.order) or is_called_move(order)
        yield Problem(mine.path, reason, (path,), severity=Severity.REJECT if said else Severity.WARN)


def _pairs(gone: Context, added: Context, *, here: bool) -> Iterator[tuple[Line, Line, bool]]:
    for old in gone.wanted:
        record = gone.product(old.item) if old.item.action is ItemAction.DELETE else None
        for new in added.wanted if record is not None and record.place and record.offering else ():
            wanted = new.item.offering.id if new.item.offering is not None else None
            places = new.item.product.places if new.item.product is not None else ()
            apart = bool(places) and all(
                p.id and record is not None and added.location(p.id) != added.location(record.place or "")
                for p in places
            )
            if new.item.action is ItemAction.ADD and record is not None and wanted == record.offering and apart:
                yield old, new, here


def _same_customer(ctx: Context, order: ProductOrder) -> bool:
    theirs = order.party("customer")
    return ctx.customer is not None and theirs is not None and theirs.id == ctx.customer.id


def _within_a_day(ctx: Context, order: ProductOrder) -> bool:
    mine = ctx.order.order_date if ctx.order is not None else None
    if mine is None or order.order_date is None:
        return False
    return abs(ctx.instant(mine) - ctx.instant(order.order_date)) <= _NEAR

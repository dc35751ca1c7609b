"""Moves: a product that is given up at one place and added at another, in one order."""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.sites import sites
from gateway.rules.work import ordered

__all__ = ["Move", "is_called_move", "moved_from", "moves"]

_MARKS = frozenset({"move", "ismove", "relocation", "isrelocation", "moveorder", "movetype"})
_FROM = frozenset({"movedfrom", "movesfrom", "movefrom", "moveof", "relocatedfrom", "movedproduct"})
_NO = frozenset({"", "false", "no", "0", "none"})
_WORDS = ("move", "moving", "relocat")


class Move(NamedTuple):
    """The two halves of a move: what is given up, what is added. `linked` says that one names the other."""

    old: Line
    new: Line
    linked: bool


def moves(ctx: Context) -> tuple[Move, ...]:
    """Return the pairs of a delete and an add at two places that are one move: linked, or of one offering.

    Where one delete could belong to several adds, or the reverse, only linked pairs are.
    """
    return ctx.memo("moves", lambda c: tuple(_moves(c)))


def is_called_move(order: ProductOrder) -> bool:
    """Whether an order says of itself that it is a move."""
    said = f"{order.category or ''} {order.description or ''}".lower()
    return any(word in said for word in _WORDS)


def moved_from(item: ProductOrderItem) -> str | None:
    """Return the product from which an item says that it moves; empty where it only says that it moves."""
    found: str | None = None
    for one in ordered(item):
        name = one.name.lower().replace("_", "").replace("-", "")
        if name in _FROM and one.value:
            return str(one.value)
        if name in _MARKS and str(one.value).strip().lower() not in _NO:
            found = ""
    return found


def _moves(ctx: Context) -> Iterator[Move]:
    gone = [line for line in ctx.wanted if line.item.action is ItemAction.DELETE]
    added = [line for line in ctx.wanted if line.item.action is ItemAction.ADD] if gone else []
    pairs = [Move(old, new, _links(old, new)) for old in gone for new in added]
    alone = [one for one in pairs if one.linked or _same_thing(ctx, one.old, one.new)]
    for move in alone:
        if not _apart(ctx, move.old, move.new):
            continue
        rivals = [one for one in alone if (one.old is move.old) != (one.new is move.new)]
        if move.linked or not any(one.linked or _apart(ctx, one.old, one.new) for one in rivals):
            yield move


def _links(old: Line, new: Line) -> bool:
    if any(link.id == new.item.id for link in old.item.relationships):
        return True
    if any(link.id == old.item.id for link in new.item.relationships):
        return True
    product = old.item.product.id if old.item.product is not None else None
    return product is not None and (
        moved_from(new.item) == product or any(link.id == product for link in new.item.relationships)
    )


def _same_thing(ctx: Context, old: Line, new: Line) -> bool:
    before, after = ctx.offering(old.item), ctx.offering(new.item)
    record = ctx.product(old.item)
    known = record.offering if record is not None and before is None else (before.id if before is not None else None)
    wanted = after.id if after is not None else (new.item.offering.id if new.item.offering is not None else None)
    return known is not None and known == wanted


def _apart(ctx: Context, old: Line, new: Line) -> bool:
    """Whether the two halves are known to be at two places."""
    record = ctx.product(old.item)
    places = [place for _, place in sites(ctx, old)]
    before = record.place if record is not None and record.place else next(iter(places), None)
    after = next((place for _, place in sites(ctx, new)), None)
    return before is not None and after is not None and ctx.location(before) != ctx.location(after)

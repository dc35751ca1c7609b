"""Who has which device, port, number, card or address: what the items of an order claim, and what was given back."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.identifiers import Identifier
from gateway.rules.work import ordered

__all__ = ["ACCESS", "Claim", "claims", "is_free", "same_product", "share_access"]

ACCESS = frozenset({"serial", "port"})
"""Kinds that services which run over each other may share."""

_PREDICATES = ("resource.reserved", "resource.assigned", "device.bound", "field.completed", "service.activated")


class Claim(NamedTuple):
    """What an item has or will have: the subject of its facts, its line where it is one, and the identifier."""

    subject: str
    line: Line | None
    identifier: Identifier


class _Release(NamedTuple):
    at: datetime
    values: frozenset[tuple[str, str]]
    product: str | None


def claims(ctx: Context) -> tuple[Claim, ...]:
    """Return what the order's items have, or will: not what they give up, nor what was released."""
    return ctx.memo("claims", lambda c: tuple(_claims(c)))


def _claims(ctx: Context) -> Iterator[Claim]:
    lines = {line.subject: line for line in ctx.live if line.item.action is not ItemAction.DELETE}
    dead = {line.subject for line in ctx.lines} - lines.keys()
    for subject, line in lines.items():
        if ordered(line.item):
            yield from _held(ctx, subject, line, _of_product(ctx, line))
    for service in ctx.live_services:
        subject = service.item.subject
        if service.item.service is None or service.item.action is ItemAction.DELETE or subject in dead:
            continue
        stated = service.item.service.characteristics
        found = ctx.identifiers_among(stated, f"{service.path}.service.characteristics")
        yield from _held(ctx, subject, lines.get(subject), found)
    for predicate in _PREDICATES if ctx.trace.facts else ():
        for statement in ctx.facts_of(predicate):
            fact = statement.fact
            over = fact.valid_to is not None and ctx.instant(fact.valid_to) <= ctx.now
            if fact.subject in dead or (over and predicate == "resource.reserved"):
                continue
            yield from _held(ctx, fact.subject, lines.get(fact.subject), ctx.identifiers_of(statement))


def _of_product(ctx: Context, line: Line) -> tuple[Identifier, ...]:
    return ctx.identifiers_among(ordered(line.item), f"{line.path}.product.characteristics")


def _held(ctx: Context, subject: str, line: Line | None, found: tuple[Identifier, ...]) -> list[Claim]:
    """Return the claims to what was found, without what was released."""
    if ctx.seen("resource.released", subject) is None:
        return [Claim(subject, line, one) for one in found]
    gone = {(one.kind, one.value) for one in ctx.identifiers_of(ctx.index.about("resource.released", subject)[0])}
    return [Claim(subject, line, one) for one in found if gone and (one.kind, one.value) not in gone]


def share_access(ctx: Context, one: Line | None, other: Line | None) -> bool:
    """Whether one item runs over the other, or both are parts of one bundle, and so may share line and box."""
    if one is None or other is None:
        return False
    if _holders(ctx, one) & _holders(ctx, other):
        return True
    links = {link.id for link in one.item.relationships} | {one.parent.id if one.parent else ""}
    back = {link.id for link in other.item.relationships} | {other.parent.id if other.parent else ""}
    return other.item.id in links or one.item.id in back


def _holders(ctx: Context, line: Line) -> set[str]:
    around = {line.parent.id} if line.parent is not None else set()
    return around | ctx.memo("bundle_holders", _all_holders).get(line.item.id, set())


def _all_holders(ctx: Context) -> dict[str, set[str]]:
    """Return the bundles that hold each item by a link."""
    found: dict[str, set[str]] = {}
    for holder in ctx.lines:
        for link in holder.item.relationships if holder.item.id in ctx.bundles else ():
            if link.id:
                found.setdefault(link.id, set()).add(holder.item.id)
    return found


def _releases(ctx: Context) -> list[_Release]:
    """What was given back, here and in the other orders, and when."""
    found: list[_Release] = []
    for trace in (ctx.trace, *ctx.trace.others):
        if all(fact.predicate != "resource.released" for fact in trace.facts):
            continue
        view = Context(trace, frozenset())
        for statement in view.facts_of("resource.released"):
            fact = statement.fact
            line = view.by_id.get(fact.subject.removeprefix("item:"))
            product = line.item.product.id if line is not None and line.item.product is not None else None
            values = {(one.kind, one.value) for one in view.identifiers_of(statement)}
            found.append(_Release(ctx.instant(fact.observed_at), frozenset(values), product))
    return found


def is_free(ctx: Context, other: Context | None, claim: Claim) -> bool:
    """Whether what another order claimed was given back after it was ordered; without an order, given back at all."""
    taken = other.order.order_date if other is not None and other.order is not None else None
    product = claim.line.item.product.id if claim.line is not None and claim.line.item.product is not None else None
    key = claim.identifier.kind, claim.identifier.value
    for release in ctx.memo("releases", _releases):
        gone = key in release.values or (not release.values and product is not None and product == release.product)
        if gone and (taken is None or release.at > ctx.instant(taken)):
            return True
    return False


def same_product(ctx: Context, other: Context, mine: Line | None, theirs: Line | None) -> bool:
    """Whether two items of two orders are about one product, or one customer changes what the other item built."""
    if mine is None or theirs is None:
        return False
    one, two = mine.item.product, theirs.item.product
    if one is not None and two is not None and one.id and one.id == two.id:
        return True
    changes = ItemAction.MODIFY in {mine.item.action, theirs.item.action}
    return changes and ctx.customer is not None and other.customer is not None and ctx.customer.id == other.customer.id

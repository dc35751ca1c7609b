"""IDN-003: a device, port, number or card that two services have."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import Trace
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.identifiers import Identifier, identifiers, identifiers_in
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

_PREDICATES = ("resource.reserved", "resource.assigned", "device.bound", "field.completed", "service.activated")
_ACCESS = frozenset({"serial", "port"})


class _Claim(NamedTuple):
    subject: str
    line: Line | None
    identifier: Identifier


class _Release(NamedTuple):
    at: datetime
    values: frozenset[tuple[str, str]]
    product: str | None


@rule(
    "IDN-003",
    gate=None,
    severity=Severity.HOLD,
    reads=("product_order|service_orders|facts",),
    since="0.1",
    level=9,
)
def shared_unique_resource(ctx: Context) -> Iterator[Problem]:
    """Two services have the same device, port, number, card or address.

    What it checks: each serial, port, number, card and address belongs to one item of the order, and to no live item of
    another order that is known.
    Why it matters: two customers on one port cut each other off, and one of them is not billed.
    Passes: two lines with two boxes.
    Fails: the serial that was bound yesterday for another order is bound again.
    Harmless look-alike: the port of a service that was given up and released; telephony over the line that it
    relies on; a change of the very product that has the device.
    How to fix: find out which service really has it, correct the other one, or release it there first.
    """
    mine: dict[tuple[str, str], _Claim] = {}
    told: set[tuple[str, str, str]] = set()
    for claim in _claims(ctx):
        kind, value, path = claim.identifier
        first = mine.setdefault((kind, value), claim)
        if first.subject == claim.subject or (kind in _ACCESS and _belongs(ctx, first.line, claim.line)):
            continue
        if (kind, value, claim.subject) not in told:
            told.add((kind, value, claim.subject))
            yield Problem(
                path, f"{kind} {value} of {claim.subject} is that of {first.subject} too", (first.identifier.path,)
            )
    for number, other in enumerate(ctx.trace.others if mine else ()):
        yield from _taken(ctx, mine, other, f"others[{number}]")


def _claims(ctx: Context) -> Iterator[_Claim]:
    """What the order's items have, or will: not what they give up, nor what was released."""
    lines = {line.item.subject: line for line in ctx.live if line.item.action is not ItemAction.DELETE}
    dead = {line.item.subject for line in ctx.lines} - lines.keys()
    for subject, line in lines.items():
        if ordered(line.item):
            yield from (_Claim(subject, line, one) for one in _free(ctx, subject, _of_product(line)))
    for service in ctx.live_services:
        subject = service.item.subject
        if service.item.service is None or service.item.action is ItemAction.DELETE or subject in dead:
            continue
        found = identifiers(service.item.service.characteristics, f"{service.path}.service.characteristics")
        yield from (_Claim(subject, lines.get(subject), one) for one in _free(ctx, subject, found))
    for predicate in _PREDICATES if ctx.trace.facts else ():
        for path, fact in ctx.facts_of(predicate):
            over = fact.valid_to is not None and ctx.instant(fact.valid_to) <= ctx.now
            if fact.subject in dead or (over and predicate == "resource.reserved"):
                continue
            found = identifiers_in(fact.value, path)
            yield from (_Claim(fact.subject, lines.get(fact.subject), one) for one in _free(ctx, fact.subject, found))


def _of_product(line: Line) -> Iterator[Identifier]:
    yield from identifiers(ordered(line.item), f"{line.path}.product.characteristics")


def _free(ctx: Context, subject: str, found: Iterator[Identifier]) -> Iterator[Identifier]:
    released = ctx.seen("resource.released", subject) if ctx.trace.facts else None
    if released is None:
        yield from found
        return
    gone = {(one.kind, one.value) for one in identifiers_in(released.value, "")}
    yield from (one for one in found if gone and (one.kind, one.value) not in gone)


def _belongs(ctx: Context, one: Line | None, other: Line | None) -> bool:
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
    return around | ctx.memo("holders", _all_holders).get(line.item.id, set())


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
        for _, fact in view.facts_of("resource.released"):
            line = view.by_id.get(fact.subject.removeprefix("item:"))
            product = line.item.product.id if line is not None and line.item.product is not None else None
            values = {(one.kind, one.value) for one in identifiers_in(fact.value, "")}
            found.append(_Release(ctx.instant(fact.observed_at), frozenset(values), product))
    return found


def _is_free(ctx: Context, other: Context, claim: _Claim) -> bool:
    """Whether what another order claimed was given back after it was ordered."""
    taken = other.order.order_date if other.order is not None else None
    product = claim.line.item.product.id if claim.line is not None and claim.line.item.product is not None else None
    key = claim.identifier.kind, claim.identifier.value
    for release in ctx.memo("releases", _releases):
        gone = key in release.values or (not release.values and product is not None and product == release.product)
        if gone and (taken is None or release.at > ctx.instant(taken)):
            return True
    return False


def _taken(ctx: Context, mine: dict[tuple[str, str], _Claim], trace: Trace, path: str) -> Iterator[Problem]:
    order = trace.product_order
    if order is not None and ctx.order is not None and order.id and order.id == ctx.order.id:
        return
    other = Context(trace, frozenset())
    told: set[tuple[str, str]] = set()
    for claim in _claims(other):
        key = claim.identifier.kind, claim.identifier.value
        found = mine.get(key)
        if found is None or key in told or _same_product(ctx, other, found.line, claim.line):
            continue
        if _is_free(ctx, other, claim):
            continue
        told.add(key)
        yield Problem(
            found.identifier.path,
            f"{key[0]} {key[1]} of {found.subject} belongs to {claim.subject} of another order",
            related=(f"{path}.{claim.identifier.path}",),
        )


def _same_product(ctx: Context, other: Context, mine: Line | None, theirs: Line | None) -> bool:
    if mine is None or theirs is None:
        return False
    one, two = mine.item.product, theirs.item.product
    if one is not None and two is not None and one.id and one.id == two.id:
        return True
    changes = ItemAction.MODIFY in {mine.item.action, theirs.item.action}
    return changes and ctx.customer is not None and other.customer is not None and ctx.customer.id == other.customer.id

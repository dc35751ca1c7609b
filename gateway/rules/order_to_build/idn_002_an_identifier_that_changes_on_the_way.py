"""IDN-002: the same line from order to bill."""

from collections.abc import Iterable, Iterator

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.identifiers import SWAPS, Identifier, identifiers
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["an_identifier_that_changes_on_the_way"]

_PREDICATES = (
    "resource.reserved",
    "selfinstall.chosen",
    "field.completed",
    "device.bound",
    "resource.assigned",
    "service.activated",
)


@rule(
    "IDN-002",
    gate=None,
    severity=Severity.HOLD,
    reads=("product_order", "service_orders|rates"),
    since="0.1",
    level=6,
)
def an_identifier_that_changes_on_the_way(ctx: Context) -> Iterator[Problem]:
    """An identifier is the same in order, service and bill, unless it is assigned after the order.

    What it checks: numbers, cards, serials, ports and addresses that the order states for an item are those of its
        services and charges, and those that order and services state are what was reserved, assigned, installed and
        activated; telephone numbers compare as E.164.
    Why it matters: another customer's line is activated or charged.
    Passes: the same number everywhere; no number in the order and one in the service.
    Fails: one number in the order, another in the service.
    Harmless look-alike: the same number written otherwise; a number that the network assigns later; several numbers
        spread over several services; a box or port that was swapped, with the reason in the fact.
    How to fix: correct the identifier in the service order, or amend the order where the customer changed it.
    """
    for line in ctx.wanted:
        if line.item.action is ItemAction.NO_CHANGE:
            continue
        mine = _by_kind(ctx.identifiers_among(ordered(line.item), f"{line.path}.product.characteristics"))
        theirs = _by_kind(_served(ctx, line))
        yield from _strangers(mine, theirs)
        agreed = {kind: [*mine.get(kind, ()), *theirs.get(kind, ())] for kind in {*mine, *theirs}}
        yield from _strangers(agreed, _by_kind(_charged(ctx, line)), all_of_them=False)
        if line.item.action is ItemAction.ADD:
            yield from _stated(ctx, line, agreed)


def _stated(ctx: Context, line: Line, agreed: dict[str, list[Identifier]]) -> Iterator[Problem]:
    """Yield where the best statement of a fact names nothing of what order and services name, or replaces a part."""
    explained: set[str] = set()
    for predicate in _PREDICATES if agreed else ():
        for statement in ctx.statements(predicate, line.item.subject)[:1]:
            fact, kinds = statement.fact, _by_kind(ctx.identifiers_of(statement))
            if _is_explained(fact):
                explained.update(one.value for found in kinds.values() for one in found)
                continue
            for kind, found in kinds.items():
                wanted = {one.value for one in agreed.get(kind, ())}
                got = {one.value for one in found} - explained
                if not got or (kind == "ipv4" and any("/" in one for one in wanted | got)):  # a block holds others
                    continue
                replaced = len(got) == len(wanted) and got != wanted
                if wanted and (not got & wanted or replaced):
                    strange = min(got - wanted)
                    reason = f"{predicate} names {kind} {strange}, agreed was {', '.join(sorted(wanted))}"
                    yield Problem(found[0].path, reason, (agreed[kind][0].path,))


def _is_explained(fact: Fact) -> bool:
    swapped = any(fact.value.get(name) for name in SWAPS) or any("swap" in one.kind.lower() for one in fact.evidence)
    return swapped or bool((fact.reason or "").strip())


def _served(ctx: Context, line: Line) -> Iterator[Identifier]:
    live = ctx.memo("live_service_paths", lambda one: frozenset(service.path for service in one.live_services))
    for service in ctx.services_of(line.item.id):
        if service.path in live and service.item.service is not None:
            stated = service.item.service.characteristics
            yield from ctx.identifiers_among(stated, f"{service.path}.service.characteristics")


def _charged(ctx: Context, line: Line) -> Iterator[Identifier]:
    for number in ctx.memo("rates_by_item", _rates_by_item).get(line.item.id, ()):
        rate = (ctx.trace.rates or ())[number]
        yield from identifiers(rate.characteristics, f"rates[{number}].characteristics")


def _rates_by_item(ctx: Context) -> dict[str | None, list[int]]:
    found: dict[str | None, list[int]] = {}
    for number, rate in enumerate(ctx.trace.rates or ()):
        if rate.characteristics:
            found.setdefault(rate.item_id, []).append(number)
    return found


def _by_kind(found: Iterable[Identifier]) -> dict[str, list[Identifier]]:
    kinds: dict[str, list[Identifier]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    return kinds


def _strangers(
    mine: dict[str, list[Identifier]], theirs: dict[str, list[Identifier]], *, all_of_them: bool = True
) -> Iterator[Problem]:
    """Yield what is stated later and was not before; with `all_of_them`, more are fine beside all of the first."""
    for kind, stated in mine.items():
        later = theirs.get(kind, [])
        wanted, got = {one.value for one in stated}, {one.value for one in later}
        if all_of_them and wanted <= got:
            continue
        for one in later:
            if one.value not in wanted:
                named = ", ".join(sorted(wanted))
                yield Problem(one.path, f"the {kind} is {one.value}, agreed was {named}", (stated[0].path,))

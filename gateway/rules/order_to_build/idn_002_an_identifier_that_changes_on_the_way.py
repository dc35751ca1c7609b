"""IDN-002: the same line from order to bill."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.identifiers import Identifier, identifiers
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["an_identifier_that_changes_on_the_way"]


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
        services and charges; telephone numbers compare as E.164.
    Why it matters: another customer's line is activated or charged.
    Passes: the same number everywhere; no number in the order and one in the service.
    Fails: one number in the order, another in the service.
    Harmless look-alike: the same number written otherwise; a number that the network assigns later; several numbers
        spread over several services.
    How to fix: correct the identifier in the service order, or amend the order where the customer changed it.
    """
    for line in ctx.wanted:
        if line.item.action is ItemAction.NO_CHANGE:
            continue
        mine = _by_kind(identifiers(ordered(line.item), f"{line.path}.product.characteristics"))
        theirs = _by_kind(_served(ctx, line))
        yield from _strangers(mine, theirs)
        agreed = {kind: [*mine.get(kind, ()), *theirs.get(kind, ())] for kind in {*mine, *theirs}}
        yield from _strangers(agreed, _by_kind(_charged(ctx, line)), all_of_them=False)


def _served(ctx: Context, line: Line) -> Iterator[Identifier]:
    live = {service.path for service in ctx.live_services}
    for service in ctx.services_of(line.item.id):
        if service.path in live and service.item.service is not None:
            yield from identifiers(service.item.service.characteristics, f"{service.path}.service.characteristics")


def _charged(ctx: Context, line: Line) -> Iterator[Identifier]:
    for number, rate in enumerate(ctx.trace.rates or ()):
        if rate.item_id == line.item.id and rate.characteristics:
            yield from identifiers(rate.characteristics, f"rates[{number}].characteristics")


def _by_kind(found: Iterator[Identifier]) -> dict[str, list[Identifier]]:
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

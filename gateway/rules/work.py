"""What an item asks the systems to do: services, visits, resources, charges. Each answer decides what applies to it."""

from typing import TYPE_CHECKING

from gateway.canonical.common import Characteristic
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import Offering
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.rules.identifiers import kind_of
from gateway.rules.kept import kept
from gateway.rules.quantities import quantity

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = [
    "RESOURCES",
    "carries_box",
    "carries_resource",
    "changes_price",
    "changes_rate",
    "has_service",
    "installs_itself",
    "is_charged",
    "is_enabling",
    "is_resumption",
    "is_suspension",
    "needs_visit",
    "ordered",
    "service_offering",
    "status_of",
]

RESOURCES = frozenset({"port", "number", "iccid", "ipv4"})
"""Kinds that are reserved before and assigned at activation."""

_LATER = ("resource.assigned", "service.activated")
_BUILT = ("device.bound", "service.ready", *_LATER)


def ordered(item: ProductOrderItem) -> tuple[Characteristic, ...]:
    """Return the characteristics that an item asks for."""
    return item.product.characteristics if item.product else ()


def status_of(item: ProductOrderItem) -> str:
    """Return the product status that an item wants, in lower case; empty where it wants none."""
    return (item.product.status or "").strip().lower() if item.product else ""


def is_suspension(item: ProductOrderItem) -> bool:
    """Whether an item asks for a product to be suspended."""
    return item.action is ItemAction.MODIFY and status_of(item) == "suspended"


def is_resumption(ctx: "Context", item: ProductOrderItem) -> bool:
    """Whether an item asks for a suspended product to run again."""
    if item.action is not ItemAction.MODIFY or status_of(item) != "active":
        return False
    record = ctx.product(item)
    if record is not None and record.status is not None:
        return record.status.strip().lower() == "suspended"
    return not ordered(item)


def changes_rate(ctx: "Context", item: ProductOrderItem) -> bool:
    """Whether a change asks for another speed or volume."""
    return item.action is ItemAction.MODIFY and any(
        quantity(one.value, spec.unit if (spec := ctx.spec(item, one.name)) else None) is not None
        for one in ordered(item)
    )


def changes_price(ctx: "Context", item: ProductOrderItem) -> bool:
    """Whether a change goes to another offering than the product has, and to another price."""
    record = ctx.product(item)
    if item.action is not ItemAction.MODIFY or record is None:
        return False
    before, after = ctx.offering_of(record.offering), ctx.offering(item)
    return before is not None and after is not None and before.price != after.price


@kept
def has_service(ctx: "Context", line: "Line") -> bool:
    """Whether an added item becomes a service: not a mere bundle or fee, not declared to have none."""
    offering = ctx.offering(line.item)
    if offering is not None and offering.no_service:
        return False
    if ctx.services_of(line.item.id):
        return True
    return line.item.id not in ctx.bundles and not _is_fee(ctx, line, offering)


def _is_fee(ctx: "Context", line: "Line", offering: Offering | None) -> bool:
    """Whether an item is only paid once: nothing to configure or to connect, and nobody says that it was built."""
    price = offering.price if offering is not None else None
    if offering is None or price is None or "recurring" in price.type.lower().replace("nonrecurring", ""):
        return False
    if "usage" in price.type.lower() or offering.site_bound or offering.needs_visit or offering.characteristics:
        return False
    if _is_planned(offering) or ordered(line.item) or line.item.action is not ItemAction.ADD:
        return False
    return not any(ctx.seen(predicate, line.subject) for predicate in _BUILT)


@kept
def installs_itself(ctx: "Context", line: "Line") -> bool:
    """Whether the customer connects the box, as a fact or the order says; then nobody visits."""
    from gateway.rules.derive import derived  # noqa: PLC0415 - derive asks work what is charged

    subject = line.subject
    return (
        ctx.seen("selfinstall.chosen", subject) is not None or derived(ctx, "selfinstall.chosen", subject) is not None
    )


@kept
def needs_visit(ctx: "Context", line: "Line") -> bool:
    """Whether somebody has to go there for an added item."""
    offering = ctx.offering(line.item)
    return (
        line.item.action is ItemAction.ADD
        and offering is not None
        and offering.needs_visit
        and not installs_itself(ctx, line)
    )


def _kinds(ctx: "Context", line: "Line", predicates: tuple[str, ...]) -> set[str]:
    subject = line.subject
    return {
        identifier.kind
        for predicate in predicates
        for statement in ctx.statements(predicate, subject)
        for identifier in ctx.identifiers_of(statement)
    }


def _is_planned(offering: Offering | None) -> bool:
    return offering is not None and bool(offering.services or offering.resources or offering.devices)


def _stated_kinds(ctx: "Context", line: "Line") -> set[str]:
    found = {one.kind for one in ctx.identifiers_among(ordered(line.item), f"{line.path}.product.characteristics")}
    for service in ctx.services_of(line.item.id):
        if service.item.service is not None:
            stated = service.item.service.characteristics
            found |= {one.kind for one in ctx.identifiers_among(stated, f"{service.path}.service.characteristics")}
    return found


def carries_resource(ctx: "Context", line: "Line", *, assigned: bool = False) -> bool:
    """Whether an added item has a port, number, card or address block.

    A landscape's catalogue says so (`resources`). Else the order, the services or later facts show it; before there are
    any, a place to be connected or a characteristic of the offering does, unless only what is `assigned` counts.
    """
    offering = ctx.offering(line.item)
    if offering is not None and _is_planned(offering):
        return bool(offering.resources)
    if _stated_kinds(ctx, line) & RESOURCES:
        return True
    later = _kinds(ctx, line, _LATER) & RESOURCES
    if assigned:
        return bool(later)
    return bool(later) or _awaits_resource(ctx, line)


def _awaits_resource(ctx: "Context", line: "Line") -> bool:
    """Whether an item will need a line or a card, as far as its offering shows before anything of it is built."""
    offering, subject = ctx.offering(line.item), line.subject
    if offering is None or not has_service(ctx, line) or any(ctx.seen(fact, subject) for fact in _BUILT):
        return False
    return offering.site_bound or any(kind_of(spec.name) in RESOURCES for spec in offering.characteristics)


def carries_box(ctx: "Context", line: "Line") -> bool:
    """Whether an added item has a device with a serial, as the catalogue, field work or activation says."""
    offering = ctx.offering(line.item)
    if offering is not None and _is_planned(offering):
        return bool(offering.devices)
    return "serial" in _kinds(ctx, line, ("field.completed", "service.activated"))


@kept
def is_charged(ctx: "Context", line: "Line") -> bool:
    """Whether an added item costs something of its own: separately billable, not free, not free for now."""
    item, offering = line.item, ctx.offering(line.item)
    if item.action is not ItemAction.ADD or (offering is not None and not offering.separately_billable):
        return False
    if any((change.percentage or 0) >= 100 for price in item.prices for change in price.alterations):
        return False
    priced = [price for price in item.prices if "usage" not in (price.price_type or "").lower()]
    if priced:
        return any((price.net or price.gross) is not None and _costs(price.net, price.gross) for price in priced)
    if offering is None or offering.price is None or "usage" in offering.price.type.lower():
        return False
    return offering.price.net is not None and offering.price.net.amount != 0


def _costs(*amounts: object) -> bool:
    return any(getattr(money, "amount", 0) != 0 for money in amounts if money is not None)


@kept
def service_offering(ctx: "Context", item: ServiceOrderItem) -> Offering | None:
    """Return the catalogue's offering that is built with an item's service specification, or None."""
    wanted = item.service.specification.id if item.service and item.service.specification else None
    if wanted is None:
        return None
    return next(
        (o for o in ctx.reference.offerings or () if any(t.specification == wanted for t in o.services)),
        None,
    )


@kept
def is_enabling(ctx: "Context", item: ServiceOrderItem) -> bool:
    """Whether a service item only makes others possible, or replaces one: it says so itself, or its template does."""
    service = item.service
    if service is None:
        return False
    if (service.category or "").lower() == "enabling" or (service.service_type or "").lower() == "enabling":
        return True
    marks = {one.name.lower(): str(one.value).lower() for one in service.characteristics}
    if any(marks.get(mark, "false") not in {"false", "no", "0", "none", ""} for mark in _MARKS):
        return True
    offering = service_offering(ctx, item)
    wanted = service.specification.id if service.specification else None
    return offering is not None and any(t.enabling and t.specification == wanted for t in offering.services)


_MARKS = ("enabling", "replace", "replaces", "replacement")

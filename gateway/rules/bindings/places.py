"""What a canonical path is about: which item and so which product line, and which systems said it."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gateway.canonical.order import ProductOrderItem
from gateway.rules.work import service_offering

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = ["Place", "offering_id", "order_names", "place_of", "place_of_subject", "sources_of"]

_ITEM = re.compile(r"product_order((?:\.items\[\d+\])+)")
_SERVICE = re.compile(r"service_orders\[\d+\](?:\.items\[\d+\])+")
_ROW = re.compile(r"(facts|rates|history|bills|reference\.offerings)\[(\d+)\]")

Place = tuple[str | None, str | None]
"""Subject (`item:1`) and product line (an offering's id); None where there is none."""


def offering_id(ctx: "Context", item: ProductOrderItem) -> str | None:
    """Return the id of the offering that an item is about, whether the catalogue has it or not."""
    if item.offering is not None:
        return item.offering.id
    record = ctx.product(item)
    return record.offering if record is not None else None


def place_of(ctx: "Context", paths: Sequence[str]) -> tuple[Place, ...]:
    """Return what the first of the paths that is about one item is about; else every item of the order."""
    for path in paths:
        found = _place(ctx, path)
        if found is not None:
            return (found,)
    bills = ctx.trace.bills or ()
    rows = (_ROW.match(path) for path in paths)
    named = next((int(row[2]) for row in rows if row is not None and row[1] == "bills"), len(bills))
    return _whole(ctx, f"bill:{bills[named].id}" if named < len(bills) else None)


def place_of_subject(ctx: "Context", subject: str) -> tuple[Place, ...]:
    """Return what a fact about a subject is about."""
    found = _of_subject(ctx, subject)
    return (found,) if found is not None else _whole(ctx, subject if subject.startswith("bill:") else None)


def sources_of(ctx: "Context", paths: Iterable[str]) -> tuple[tuple[str | None, str | None], ...]:
    """Return system and adapter of each fact that the paths name; ((None, None),) where they name none."""
    facts = ctx.trace.facts
    found: dict[tuple[str | None, str | None], None] = {}
    for path in paths:
        row = _ROW.match(path)
        if row is not None and row[1] == "facts" and int(row[2]) < len(facts):
            source = facts[int(row[2])].source
            found[source.system, (source.adapter or "").partition("@")[0] or None] = None
    return tuple(found) or ((None, None),)


def order_names(ctx: "Context") -> tuple[str, ...]:
    """Return the ids under which the order is known: its own, and those that others gave it."""
    orders = [ctx.order] if ctx.order is not None else list(ctx.trace.service_orders or ())
    names = (name for one in orders for name in (one.id, *(external.value for external in one.external_ids)))
    return tuple(name for name in names if name)


def _whole(ctx: "Context", subject: str | None) -> tuple[Place, ...]:
    lines = dict.fromkeys(offering_id(ctx, one.item) for one in ctx.lines)
    return tuple((subject, line) for line in lines or (None,))


def _place(ctx: "Context", path: str) -> Place | None:
    item = _ITEM.match(path)
    if item is not None:
        return _of_line(ctx, next((line for line in ctx.lines if line.path == item[0]), None))
    service = _SERVICE.match(path)
    if service is not None:
        return _of_service(ctx, service[0])
    row = _ROW.match(path)
    return None if row is None else _of_row(ctx, row[1], int(row[2]))


def _of_row(ctx: "Context", part: str, number: int) -> Place | None:
    trace = ctx.trace
    if part == "facts" and number < len(trace.facts):
        return _of_subject(ctx, trace.facts[number].subject)
    if part == "history" and trace.history is not None and number < len(trace.history):
        return _of_subject(ctx, trace.history[number].subject)
    if part == "rates" and trace.rates is not None and number < len(trace.rates):
        rate = trace.rates[number]
        about = ctx.by_id.get(rate.item_id) if rate.item_id is not None else None
        if about is None and rate.product is not None:
            product = rate.product.id
            about = next((one for one in ctx.lines if one.item.product and one.item.product.id == product), None)
        return _of_line(ctx, about)
    known = trace.reference.offerings
    if part == "reference.offerings" and known is not None and number < len(known):
        return None, known[number].id
    return None


def _of_line(ctx: "Context", line: "Line | None") -> Place | None:
    return None if line is None else (line.item.subject, offering_id(ctx, line.item))


def _of_service(ctx: "Context", path: str) -> Place | None:
    service = next((one for one in ctx.services if one.path == path), None)
    if service is None:
        return None
    about = ctx.by_id.get(service.product_item) if service.product_item is not None else None
    if about is not None:
        return _of_line(ctx, about)
    offering = service_offering(ctx, service.item)
    return service.item.subject, offering.id if offering is not None else None


def _of_subject(ctx: "Context", subject: str) -> Place | None:
    about = ctx.line_of(subject)
    if about is not None:
        return _of_line(ctx, about)
    service = next((one for one in ctx.outside if one.item.subject == subject), None)
    return None if service is None else _of_service(ctx, service.path)

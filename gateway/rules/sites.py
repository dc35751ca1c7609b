"""Where an item is to be installed."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.canonical.common import Place
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import PlaceRecord
from gateway.rules.context import Context, Line
from gateway.rules.kept import kept

__all__ = ["installation_places", "sites", "unresolved"]

_SITE_WORDS = (("install",), ("site", "service", "premise"), ("delivery",))
"""What roles of installation places have in them, the surest words first."""

_OTHER_WORDS = ("bill", "invoice", "postal", "contact", "correspond", "shipping")


def installation_places(places: Sequence[Place]) -> list[tuple[int, Place]]:
    """Return the places for installation with their positions: those whose role says so best, else all of no role.

    A place to bill or to write to is none.
    """
    named = [(n, p, (p.role or "").lower()) for n, p in enumerate(places) if p.id]
    for words in _SITE_WORDS:
        marked = [(n, p) for n, p, role in named if any(word in role for word in words)]
        if marked:
            return marked
    return [(n, p) for n, p, role in named if not any(word in role for word in _OTHER_WORDS)]


@kept
def sites(ctx: Context, line: Line) -> Sequence[tuple[str, str]]:
    """Return (path, place id) of an item's installation places; those of the item around it where it has none."""
    product = line.item.product
    if product is not None and product.places:
        return [(f"{line.path}.product.places[{n}]", p.id or "") for n, p in installation_places(product.places)]
    holders = ctx.memo("holders", _holders)
    holder = line.parent if line.parent is not None and _placed(line.parent) else None
    found = holders.by_item.get(id(holder)) if holder is not None else holders.by_child.get(line.item.id)
    if found is None or found.item is line.item or found.item.product is None:
        return []
    places = installation_places(found.item.product.places)
    return [(f"{found.path}.product.places[{n}]", p.id or "") for n, p in places]


class _Holders(NamedTuple):
    """Items that have places: by themselves, and by the id of the first item that each bundles."""

    by_item: dict[int, Line]
    by_child: dict[str, Line]


def _holders(ctx: Context) -> _Holders:
    placed = [line for line in ctx.lines if _placed(line.item)]
    by_child: dict[str, Line] = {}
    for line in placed:
        for link in line.item.relationships:
            if "bundle" in (link.type or "").lower():
                by_child.setdefault(link.id, line)
    return _Holders({id(line.item): line for line in placed}, by_child)


def _placed(item: ProductOrderItem) -> bool:
    return item.product is not None and bool(item.product.places)


def unresolved(ctx: Context, place_id: str, line: Line) -> str | None:
    """Return why a place is not one known location, or None; None too where nothing is known of places."""
    if ctx.reference.places is None:
        return None
    record: PlaceRecord | None = ctx.place(place_id)
    if record is not None and record.location is not None:
        return None
    fact = ctx.seen("address.resolved", line.subject)
    found = fact.value.get("location") if fact is not None and fact.value.get("place", place_id) == place_id else None
    if found and (record is None or not record.candidates or found in record.candidates):
        return None
    if record is None:
        return f"place {place_id} is not known"
    if len(record.candidates) > 1:
        return f"place {place_id} could be any of {', '.join(record.candidates)}"
    return None if record.candidates else f"place {place_id} resolves to no location"

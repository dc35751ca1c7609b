"""ORD-004: a cease asks for nothing else."""

from collections.abc import Iterator

from gateway.canonical.common import Characteristic
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.reference import ProductRecord
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line
from gateway.rules.identifiers import kind_of
from gateway.rules.quantities import plain, quantity
from gateway.rules.rule import Problem, rule
from gateway.rules.sites import installation_places
from gateway.rules.work import ordered, status_of

__all__ = ["a_delete_with_wishes"]


@rule("ORD-004", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=3)
def a_delete_with_wishes(ctx: Context) -> Iterator[Problem]:
    """A deleted item carries no desired configuration.

    What it checks: an item with action delete states no characteristics but those that only tell which product it is;
        offering, place and status, where it states them, are those that the inventory has.
    Why it matters: it is unclear whether a change or a cease is meant, and a cease cannot be taken back.
    Passes: delete with the product's id alone.
    Fails: delete with a new speed; delete with another offering, another place or a wish to be suspended.
    Harmless look-alike: the product's number or serial, or a value that the inventory has just so.
    How to fix: drop the characteristics, or send the item with action modify.
    """
    for line in ctx.wanted:
        if line.item.action is not ItemAction.DELETE:
            continue
        record = ctx.product(line.item)
        for number, one in enumerate(ordered(line.item)):
            if kind_of(one.name, one.value_type) is None and not _as_it_is(ctx, line.item.id, one, record):
                yield Problem(
                    f"{line.path}.product.characteristics[{number}]",
                    f"item {line.item.id} is to be deleted but asks for {one.name}",
                )
        if record is not None:
            for member, wish in _others(ctx, line, record):
                yield Problem(f"{line.path}.{member}", f"item {line.item.id} is to be deleted but asks for {wish}")


def _others(ctx: Context, line: Line, record: ProductRecord) -> Iterator[tuple[str, str]]:
    offering, product = line.item.offering, line.item.product
    if offering is not None and record.offering is not None and offering.id != record.offering:
        yield "offering", f"offering {offering.id}"
    for number, place in installation_places(product.places) if product is not None and record.place else ():
        if place.id and ctx.location(place.id) != ctx.location(record.place or ""):
            yield f"product.places[{number}].id", f"place {place.id}"
    if status_of(line.item) == "suspended" and (record.status or "").strip().lower() != "suspended":
        yield "product.status", "a suspension"


def _as_it_is(ctx: Context, item_id: str, one: Characteristic, record: ProductRecord | None) -> bool:
    if record is None:
        return False
    value = next((v for name, v in record.characteristics.items() if name.lower() == one.name.lower()), None)
    spec = ctx.spec(ctx.by_id[item_id].item, one.name)
    unit = spec.unit if spec else None
    mine, theirs = quantity(one.value, unit), quantity(value, unit)
    if mine is not None and theirs is not None:
        return mine.dimension == theirs.dimension and mine.base == theirs.base
    return value is not None and plain(value) == plain(one.value)

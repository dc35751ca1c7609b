"""ORD-004: a cease asks for nothing else."""

from collections.abc import Iterator

from gateway.canonical.common import Characteristic
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.reference import ProductRecord
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.identifiers import kind_of
from gateway.rules.quantities import plain, quantity
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["a_delete_with_wishes"]


@rule("ORD-004", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=3)
def a_delete_with_wishes(ctx: Context) -> Iterator[Problem]:
    """A deleted item carries no desired configuration.

    What it checks: an item with action delete states no characteristics but those that only tell which product it is.
    Why it matters: it is unclear whether a change or a cease is meant, and a cease cannot be taken back.
    Passes: delete with the product's id alone.
    Fails: delete with a new speed.
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

"""ORD-020: a change stays where it is."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.sites import installation_places

__all__ = ["a_move_in_a_change"]


@rule(
    "ORD-020",
    gate=Gate.INTAKE,
    severity=Severity.REJECT,
    reads=("product_order", "reference.products"),
    since="0.1",
    level=6,
)
def a_move_in_a_change(ctx: Context) -> Iterator[Problem]:
    """A modified product stays at its place.

    What it checks: a modify that names a place to install at names the location at which the inventory has the product.
    Why it matters: a move that looks like a change is not surveyed, and taxed at the old place.
    Passes: another speed at the same address.
    Fails: a modify whose place is another address.
    Harmless look-alike: the same location under another place id; another address to bill to; no place at all.
    How to fix: send a move as a delete at the old and an add at the new place, linked to each other.
    """
    for line in ctx.wanted:
        product, record = line.item.product, ctx.product(line.item)
        if line.item.action is not ItemAction.MODIFY or product is None or record is None or record.place is None:
            continue
        for number, place in installation_places(product.places):
            if place.id and ctx.location(place.id) != ctx.location(record.place):
                yield Problem(
                    f"{line.path}.product.places[{number}].id",
                    f"item {line.item.id} is to be modified at {place.id}, but {record.id} is at {record.place}",
                )

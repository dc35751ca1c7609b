"""ORD-008: links that lead somewhere."""

from collections.abc import Iterator

from gateway.canonical.common import Relationship
from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_relationship_to_nothing"]


@rule("ORD-008", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=3)
def a_relationship_to_nothing(ctx: Context) -> Iterator[Problem]:
    """Item relationships point into the order or the inventory, never to the item itself.

    What it checks: the target of every relationship is another item of this order or a product of the inventory.
    Why it matters: a link to nothing loses an item in decomposition.
    Passes: item 2 relies on item 1.
    Fails: item 2 relies on item 99, which is not there; item 1 relies on item 1.
    Harmless look-alike: a link to a nested item; a link to a product that the customer already has.
    How to fix: name the id of another item of this order, or of a product of the inventory.
    """
    products = {line.item.product.id for line in ctx.lines if line.item.product and line.item.product.id}
    products |= {record.id for record in ctx.reference.products or ()}
    for line in ctx.wanted:
        for number, link in enumerate(line.item.relationships):
            path = f"{line.path}.relationships[{number}].id"
            if link.id == line.item.id:
                yield Problem(path, f"item {line.item.id} refers to itself")
            elif link.id not in ctx.by_id and link.id not in products and not _outside(ctx, link):
                yield Problem(path, f"item {line.item.id} refers to {link.id}, which is not in the order")


def _outside(ctx: Context, link: Relationship) -> bool:
    """Whether a link says that it leads to a product, while nobody has said which products there are."""
    referred = str(link.extras.get("@referredType") or link.extras.get("referredType") or "").lower()
    return ctx.reference.products is None and referred.startswith("product") and "order" not in referred

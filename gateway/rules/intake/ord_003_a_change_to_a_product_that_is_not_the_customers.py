"""ORD-003: what is changed."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_change_to_a_product_that_is_not_the_customers"]

_CHANGES = frozenset({ItemAction.MODIFY, ItemAction.DELETE})
_GONE = frozenset({"terminated", "cancelled", "aborted"})


@rule("ORD-003", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=4)
def a_change_to_a_product_that_is_not_the_customers(ctx: Context) -> Iterator[Problem]:
    """A modified or deleted item names an existing product of this customer.

    What it checks: modify and delete carry a product id; where the inventory is given, that product is in it, is not
        gone, and belongs to the order's customer.
    Why it matters: a change without a target, or with somebody else's, hits the wrong line.
    Passes: modify of PR-9, which belongs to C-1.
    Fails: modify without a product id; delete of another customer's product.
    Harmless look-alike: an added item has no product yet; an inventory that was not given proves nothing.
    How to fix: name the id of the customer's own product as the inventory has it.
    """
    for line in ctx.wanted:
        item = line.item
        if item.action not in _CHANGES:
            continue
        path = f"{line.path}.product.id"
        product = item.product.id if item.product else None
        if not product:
            yield Problem(path, f"item {item.id} is to {item.action.value} but names no product")
        elif ctx.reference.products is not None:
            record = ctx.reference.product(product)
            customer = ctx.customer
            if record is None:
                yield Problem(path, f"product {product} is not in the inventory")
            elif customer is not None and record.customer is not None and record.customer != customer.id:
                yield Problem(path, f"product {product} belongs to {record.customer}, not to {customer.id}")
            elif (record.status or "").strip().lower() in _GONE:
                yield Problem(path, f"product {product} is {(record.status or '').strip()}")

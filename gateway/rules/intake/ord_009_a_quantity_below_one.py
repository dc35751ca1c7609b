"""ORD-009: how many."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_quantity_below_one"]


@rule(
    "ORD-009",
    gate=Gate.INTAKE,
    severity=Severity.REJECT,
    reads=("product_order|service_orders",),
    since="0.1",
    level=2,
)
def a_quantity_below_one(ctx: Context) -> Iterator[Problem]:
    """A quantity is at least one; where it is absent, it is one.

    What it checks: no item has a quantity below one, nor a service order item that is to be built.
    Why it matters: nothing, or less than nothing, is delivered free or credited.
    Passes: quantity 1.
    Fails: quantity 0 or -1.
    Harmless look-alike: no quantity at all, which means one.
    How to fix: state how many are wanted; to end a product, send the item with action delete.
    """
    for line in ctx.wanted:
        quantity = line.item.quantity
        if quantity is not None and quantity < 1:
            yield Problem(f"{line.path}.quantity", f"item {line.item.id} asks for a quantity of {quantity}")
    for service in ctx.live_services:
        quantity = service.item.quantity
        if quantity is not None and quantity < 1:
            yield Problem(f"{service.path}.quantity", f"service item {service.item.id} is to be built {quantity} times")

"""BLD-007: nothing extra."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_enabling

__all__ = ["a_service_that_nobody_ordered"]


@rule(
    "BLD-007",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.REJECT,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=6,
)
def a_service_that_nobody_ordered(ctx: Context) -> Iterator[Problem]:
    """No service item is without a product item, unless it is marked as enabling.

    What it checks: every live service order item names an item of this product order, or only makes others possible.
    Why it matters: what nobody ordered is built and never billed.
    Passes: a service item that names item 1; an enabling VLAN.
    Fails: a static address that no item asks for.
    Harmless look-alike: a service item nested in one that names its item; one of category enabling; a cancelled one.
    How to fix: name the product order item in the characteristic productOrderItemId, or mark the service as enabling.
    """
    for service in ctx.live_services:
        item = service.product_item
        if (item is not None and item in ctx.by_id) or is_enabling(ctx, service.item):
            continue
        said = "names no product order item" if item is None else f"names item {item}, which is not in the order"
        yield Problem(service.path, f"service item {service.item.id} {said}")

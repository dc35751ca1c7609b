"""BLD-005: whose service order it is."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_service_order_of_another_order"]


@rule(
    "BLD-005",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.REJECT,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=6,
)
def a_service_order_of_another_order(ctx: Context) -> Iterator[Problem]:
    """A service order refers to exactly this product order.

    What it checks: the product order that a service order names, by a link or by its external id, is this one.
    Why it matters: the lines of two customers are crossed.
    Passes: external id O-7 on the service order of product order O-7.
    Fails: external id O-XXXX.
    Harmless look-alike: the external id that the customer gave the product order; further external ids beside it.
    How to fix: put the product order's id into the service order's external id.
    """
    order = ctx.order
    if order is None or not order.id:
        return
    known = {order.id, *(one.value for one in order.external_ids)}
    for number, service_order in enumerate(ctx.trace.service_orders or ()):
        path = f"service_orders[{number}]"
        named = service_order.product_order_id
        stated = [one.value for one in service_order.external_ids]
        if named is not None and named != order.id:
            yield Problem(f"{path}.product_order_id", f"the service order is for {named}, not for {order.id}")
        elif named is None and stated and not known.intersection(stated):
            yield Problem(f"{path}.external_ids", f"the service order names {', '.join(stated)}, not {order.id}")

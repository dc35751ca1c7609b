"""BLD-002: what to do survives decomposition."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_enabling

__all__ = ["a_service_with_another_action"]


@rule(
    "BLD-002",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.REJECT,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=6,
)
def a_service_with_another_action(ctx: Context) -> Iterator[Problem]:
    """A service item has the action of the product item that it serves.

    What it checks: add stays add, modify stays modify, delete stays delete, unless the service item is marked as
        enabling or as a replacement.
    Why it matters: a change to a service that is not there falls out; a cease that became a change leaves it running.
    Passes: add becomes add.
    Fails: add becomes modify.
    Harmless look-alike: a service item marked `replace`, or an enabling one, such as a shared line that is modified.
    How to fix: send the service item with the product item's action, or mark it `replace`.
    """
    for service in ctx.live_services:
        line = ctx.by_id.get(service.product_item or "")
        if line is None or service.item.action is line.item.action or is_enabling(ctx, service.item):
            continue
        yield Problem(
            f"{service.path}.action",
            f"the item is to {line.item.action.value}, its service to {service.item.action.value}",
            (f"{line.path}.action",),
        )

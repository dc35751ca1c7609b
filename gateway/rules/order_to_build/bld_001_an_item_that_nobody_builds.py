"""BLD-001: everything that was ordered is built."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.work import has_service

__all__ = ["an_item_that_nobody_builds"]


@rule(
    "BLD-001",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.HOLD,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=6,
)
def an_item_that_nobody_builds(ctx: Context) -> Iterator[Problem]:
    """Every active product item is decomposed, or its offering has no service.

    What it checks: each added, changed or deleted item that was not cancelled, rejected or failed is served by at least
        one service order item.
    Why it matters: the customer pays for what is never built.
    Passes: three items, three service items.
    Fails: an item that no service order item names.
    Harmless look-alike: an offering without a service; a bundle that only holds its parts; an item with action
        noChange; an item that was cancelled.
    How to fix: decompose the item, or declare its offering `noService` in the catalogue.
    """
    for line in ctx.live:
        changes = line.item.action is not ItemAction.NO_CHANGE
        if changes and has_service(ctx, line) and not ctx.services_of(line.item.id):
            yield Problem(line.path, f"no service order item serves item {line.item.id}")

"""ORD-002: what is bought."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["an_added_item_without_offering"]


@rule("ORD-002", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=3)
def an_added_item_without_offering(ctx: Context) -> Iterator[Problem]:
    """An added item names a product offering.

    What it checks: every item with action add, nested ones included, has a product offering with an id.
    Why it matters: what has no offering has no price, and is delivered for nothing.
    Passes: add with offering OFF-500.
    Fails: add without a product offering.
    Harmless look-alike: modify, delete and noChange name the product that is there and need no offering.
    How to fix: name the product offering that the customer chose.
    """
    for line in ctx.wanted:
        offering = line.item.offering
        if line.item.action is ItemAction.ADD and (offering is None or not offering.id.strip()):
            yield Problem(f"{line.path}.offering", f"item {line.item.id} is added but names no product offering")

"""ORD-016: items that can be told apart."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["an_item_id_used_twice"]


@rule("ORD-016", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=2)
def an_item_id_used_twice(ctx: Context) -> Iterator[Problem]:
    """Item ids are unique in the order, nested items included.

    What it checks: no two items of an order have the same id.
    Why it matters: one item overwrites the other.
    Passes: items 1, 2, 3.
    Fails: items 1 and 1.
    Harmless look-alike: ids that differ only in letters or zeros (`1` and `01`); the same id in another order.
    How to fix: give every item an id of its own.
    """
    if len(ctx.by_id) == len(ctx.lines):
        return
    for line in ctx.lines:
        first = ctx.by_id[line.item.id]
        if first is not line:
            yield Problem(f"{line.path}.id", f"item id {line.item.id} is used twice", (f"{first.path}.id",))

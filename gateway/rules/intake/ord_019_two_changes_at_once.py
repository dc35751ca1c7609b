"""ORD-019: one change at a time."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.related import is_open, is_related
from gateway.rules.rule import Problem, rule

__all__ = ["two_changes_at_once"]

_CHANGES = frozenset({ItemAction.MODIFY, ItemAction.DELETE})


@rule(
    "ORD-019",
    gate=Gate.INTAKE,
    severity=Severity.HOLD,
    reads=("product_order", "others"),
    since="0.1",
    level=9,
)
def two_changes_at_once(ctx: Context) -> Iterator[Problem]:
    """No other open order changes the same product, unless the two are related.

    What it checks: a product that this order modifies or deletes is not modified or deleted by another open order.
    Why it matters: the last writer wins on the network, and nobody knows which it was.
    Passes: the earlier change is completed.
    Fails: two open modifies of PR-9.
    Harmless look-alike: an order that names the other one, to amend it; a change that was cancelled; an item that
        leaves the product as it is.
    How to fix: wait for the other order, amend it, or relate the two.
    """
    order = ctx.order
    if order is None or not is_open(order):
        return
    mine = _changed(ctx)
    for number, trace in enumerate(ctx.trace.others if mine else ()):
        other = trace.product_order
        if other is None or other.id == order.id or not is_open(other) or is_related(order, other):
            continue
        for product in sorted(mine.keys() & _changed(Context(trace, frozenset())).keys()):
            yield Problem(
                mine[product], f"product {product} is being changed by order {other.id} too", (f"others[{number}]",)
            )


def _changed(ctx: Context) -> dict[str, str]:
    """Products that an order changes, with the paths of the items."""
    return {
        line.item.product.id: line.path
        for line in ctx.live
        if line.item.action in _CHANGES and line.item.product is not None and line.item.product.id
    }

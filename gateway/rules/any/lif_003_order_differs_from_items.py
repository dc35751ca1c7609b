"""LIF-003: an order that is not what its items are."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_S = OrderState
_GOOD = frozenset({_S.COMPLETED, _S.PARTIAL})
_CANCELLING = frozenset({_S.ASSESSING_CANCELLATION, _S.PENDING_CANCELLATION})


@rule("LIF-003", gate=None, severity=Severity.HOLD, reads=("product_order",), since="0.1", level=4, params=("roll_up",))
def order_differs_from_items(ctx: "Context") -> Iterator[Problem]:
    """The state of the order does not follow from the states of its items.

    What it checks: items that all ended alike make the order that; completed with others make it what the policy's
    rollUp says; the parts of a completed bundle are completed; an order with an open item has not ended, and one whose
    items have all ended has.
    Why it matters: a failed item inside a completed order is billed.
    Passes: one item completed, one failed, the order partial.
    Fails: one item failed, the order completed.
    Harmless look-alike: one item held and one in progress, the order in progress; items without states of their own.
    How to fix: find the item that is wrong; the order's state is never set by itself.
    """
    order = ctx.order
    if order is None or order.state is None or not order.items:
        return
    states = [item.state for item in order.items if item.state is not None]
    if len(states) < len(order.items):
        return
    found = set(states)
    if order.state is _S.COMPLETED and found == {_S.COMPLETED}:  # then the parts of its bundles are completed as well
        found |= {line.item.state for line in ctx.lines if line.parent is not None and line.item.state is not None}
    reason = _fault(order.state, found, ctx.policy_for(None).roll_up)
    if reason:
        related = tuple(f"product_order.items[{number}].state" for number in range(len(order.items)))
        yield Problem("product_order.state", f"the order is {order.state}, but {reason}", related)


def _fault(state: OrderState, found: set[OrderState], policy: str) -> str | None:
    opened = sorted(found - FINAL_ORDER_STATES)
    said = ", ".join(sorted(found))
    if state not in FINAL_ORDER_STATES:
        return None if opened or state in _CANCELLING else f"its items have all ended: {said}"
    if state is _S.REJECTED:
        return f"its items are {said}" if found & _GOOD else None
    if opened:
        return f"it has items that are {', '.join(opened)}"
    return None if state in _rolled_up(found, policy) else f"its items are {said}"


def _rolled_up(found: set[OrderState], policy: str) -> set[str]:
    """What an order may be whose items have all ended."""
    if found == {_S.COMPLETED}:
        return {_S.COMPLETED}
    if found & _GOOD:
        return {policy}
    return {*found, _S.FAILED} if len(found) > 1 else set(found)

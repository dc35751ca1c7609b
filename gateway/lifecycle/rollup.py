"""The state of an order from the states of its items."""

from collections.abc import Iterable

from gateway.canonical.states import OrderState

__all__ = ["roll_up"]

_S = OrderState
_OPEN_WORST_FIRST = (
    _S.ASSESSING_CANCELLATION,
    _S.PENDING_CANCELLATION,
    _S.HELD,
    _S.PENDING,
    _S.ACKNOWLEDGED,
    _S.ACCEPTED,
    _S.DRAFT,
)


def roll_up(states: Iterable[OrderState], policy: str = "partial") -> OrderState:
    """Return what the order is when its items are these.

    All equal → that. Completed beside failed, cancelled or rejected → `policy` (`partial` or `failed`).
    Any item in progress → in progress; else the worst one that waits. Source: TMF622 user guide, MEF 123.
    """
    found = set(states)
    if len(found) == 1:
        return found.pop()
    if _S.IN_PROGRESS in found:
        return _S.IN_PROGRESS
    waiting = next((state for state in _OPEN_WORST_FIRST if state in found), None)
    if waiting is not None:
        return waiting
    return OrderState(policy) if _S.COMPLETED in found or _S.PARTIAL in found else _S.FAILED

"""States of orders on their way into a cancellation and out of it. Pure on a draft."""

from collections.abc import Iterable
from typing import Any

from gateway.canonical.cancelling import Undoing
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, BlockedBy, ItemAction, OrderState, ProductStatus
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.transitions import allowed

__all__ = ["assess", "call_off", "give_back", "pursue"]

_S = OrderState
_ITEM_ENDED = frozenset({_S.FAILED, _S.CANCELLED, _S.REJECTED, _S.COMPLETED})
_BLOCKED = {BlockedBy.CUSTOMER: _S.PENDING, BlockedBy.PROVIDER: _S.HELD}
_WAY = (_S.CANCELLED, _S.PENDING_CANCELLATION, _S.ASSESSING_CANCELLATION)
"""The way to the end, the end first: an order takes the nearest of these that may follow its present state."""


def assess(draft: Draft, target: str) -> dict[str, OrderState]:
    """Show that an order, with the service orders that would go with it, may be cancelled; return what they were."""
    before: dict[str, OrderState] = {}
    for kind, order in _concerned(draft, target):
        if order.state not in FINAL_ORDER_STATES:
            before[order.id] = order.state
            draft.set_state(kind, order.id, _S.ASSESSING_CANCELLATION)
    return before


def pursue(draft: Draft, undoing: Undoing) -> None:
    """Show that they are being cancelled."""
    for kind, order in _concerned(draft, undoing.target):
        if order.state is _S.ASSESSING_CANCELLATION:
            draft.set_state(kind, order.id, _S.PENDING_CANCELLATION)


def give_back(draft: Draft, undoing: Undoing, reason: str) -> None:
    """Let them be what they were before; what arrived meanwhile and holds the order shows at once."""
    for kind, order in _concerned(draft, undoing.target):
        before = undoing.back_to.get(order.id)
        if before is None or order.state in FINAL_ORDER_STATES:
            continue
        if order.state is _S.PENDING_CANCELLATION:
            draft.set_state(kind, order.id, _S.ASSESSING_CANCELLATION)
        if before is _S.IN_PROGRESS and order.id == draft.lifecycle.id and draft.holds:
            before = _BLOCKED[draft.holds[-1].blocked_by]
        draft.set_state(kind, order.id, _S.IN_PROGRESS if before is _S.ACCEPTED else before)
    draft.note(f"cancellation refused: {reason}")


def call_off(draft: Draft, kind: ResourceKind, order_id: str, items: Iterable[str], reason: str | None) -> None:
    """Call off an order; of a product order some items only, where any are named."""
    order, wanted = draft.get(kind, order_id), set(items)
    if order is None or order.state in FINAL_ORDER_STATES:
        return
    if kind is ResourceKind.PRODUCT_ORDER and wanted:
        draft.change(kind, order_id, items=tuple(_called_off(item, wanted) for item in order.items))
        return
    changes = {"cancellation_date": draft.now, "cancellation_reason": reason}
    called_off = tuple(_called_off(item, None) for item in order.items)
    state = order.state
    while state is not _S.CANCELLED:
        state = next(one for one in _WAY if one in allowed(kind, state))
        draft.set_state(kind, order_id, state, **(changes | {"items": called_off} if state is _S.CANCELLED else {}))


def _concerned(draft: Draft, target: str) -> list[tuple[ResourceKind, Any]]:
    """Return the target, and where that is the whole of a product order, its service orders after it."""
    if target != draft.lifecycle.id:
        return [(ResourceKind.SERVICE_ORDER, draft.get(ResourceKind.SERVICE_ORDER, target))]
    parts = [(ResourceKind.SERVICE_ORDER, order) for order in draft.service_orders if order.id != target]
    return [(draft.lifecycle.root, draft.root), *parts]


def _called_off(item: Any, wanted: set[str] | None) -> Any:
    update: dict[str, Any] = {}
    if item.items:
        update["items"] = tuple(_called_off(child, wanted) for child in item.items)
    if (wanted is None or item.id in wanted) and item.state not in _ITEM_ENDED:
        update["state"] = _S.CANCELLED
        product = getattr(item, "product", None)
        if product is not None and item.action is ItemAction.ADD and product.status is not None:
            update["product"] = product.model_copy(update={"status": ProductStatus.CANCELLED})
    return item.model_copy(update=update) if update else item

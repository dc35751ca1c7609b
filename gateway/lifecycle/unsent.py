"""Orders that their client still writes: drafts. Nothing is judged or asked for them until they are acknowledged."""

from enum import StrEnum
from typing import Any

from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import OrderState
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.outcome import with_items
from gateway.lifecycle.transitions import require
from gateway.ports.errors import LifecycleError

__all__ = ["first_state", "is_unsent", "move_on"]


def first_state(order: ProductOrder) -> OrderState:
    """Return the state in which an order is taken in: a draft where its client asks for one."""
    is_draft = order.requested_initial_state is OrderState.DRAFT
    return OrderState.DRAFT if is_draft else OrderState.ACKNOWLEDGED


def is_unsent(draft: Draft) -> bool:
    """Whether the order of a step is still being written."""
    root = draft.root
    return isinstance(root, ProductOrder) and root.state is OrderState.DRAFT


def move_on(draft: Draft, wanted: StrEnum, changes: dict[str, Any]) -> bool:
    """Send a draft off, with the last changes to it, or throw it away; return whether it must be qualified now.

    Raises IllegalTransition, and LifecycleError for a state that no client can ask for.
    """
    order = draft.root
    require(ResourceKind.PRODUCT_ORDER, order.state, wanted)
    state = OrderState(wanted)
    if state not in {OrderState.ACKNOWLEDGED, OrderState.CANCELLED}:
        raise LifecycleError("stateFollowsFacts", f"a draft cannot be {state}", "ask for acknowledged or cancelled")
    changed = order.model_copy(update=changes)
    given = changes | {"items": with_items(changed, dict.fromkeys((one.id for _, one in changed.all_items()), state))}
    if state is OrderState.CANCELLED:
        given["cancellation_date"] = draft.now
        draft.move(checkpoint=Checkpoint.ENDED)
    draft.set_state(ResourceKind.PRODUCT_ORDER, order.id, state, **given)
    return state is OrderState.ACKNOWLEDGED

"""Changing what a client may change: which members in which state, as a table.

States follow from facts, not from wishes.
"""

from collections.abc import Mapping
from typing import Any

from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, BillState, OrderState
from gateway.lifecycle import by_client, transitions
from gateway.lifecycle.cycles import MEMBER
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.unsent import move_on
from gateway.ports.errors import LifecycleError
from gateway.ports.repository import Resource

__all__ = ["amend", "withdraw"]

_NEVER = frozenset({"id", "revision", "order_date", "product_order_id"})
_WORDS = frozenset({"category", "description", "priority", "notes", "extras", "expected_completion"})
_WISHES = frozenset({"requested_start", "requested_completion", "external_ids"})
_CONTENT = frozenset({"items", "parties", "billing_account", "relationships"})

_OF_BILLS = "of a bill only the state and the cycle can be changed"

_MAY_CHANGE: Mapping[bool, frozenset[str]] = {
    True: _WORDS | _WISHES | _CONTENT,  # not yet decomposed: nothing was sent that this could contradict
    False: _WORDS,  # what is being built may be described anew, not ordered anew
}


def amend(draft: Draft, kind: ResourceKind, resource_id: str, wanted: Resource) -> bool:
    """Change a resource to what a client wants; return whether the order must be qualified anew.

    Raises IllegalTransition for a state that cannot follow, LifecycleError (409) for members that are settled.
    """
    present = draft.get(kind, resource_id)
    changes = _differences(present, wanted)
    state = changes.pop("state", None)
    if kind is ResourceKind.CUSTOMER_BILL:
        return _amend_bill(draft, present, wanted, changes, state)
    is_draft = present.state is OrderState.DRAFT
    if state is not None and not is_draft:
        transitions.require(kind, present.state, state)
        if not by_client.is_by_client(draft):
            raise LifecycleError(
                "stateFollowsFacts",
                f"state {present.state} changes to {state} only when verified facts say so",
                "post the missing fact to /lifecycle/v1/facts, or use a cancel task",
            )
    if present.state in FINAL_ORDER_STATES:
        _refuse(changes, f"the order is {present.state}")
    may_change = _MAY_CHANGE[_is_open_for_content(draft, kind, present)]
    _refuse({name: value for name, value in changes.items() if name not in may_change}, "the order is being built")
    if state is not None and is_draft:
        return move_on(draft, state, changes)
    if state is not None:
        by_client.move(draft, kind, resource_id, OrderState(state), changes)
    elif changes:
        draft.change(kind, resource_id, **changes)
    return not is_draft and bool(changes.keys() & (_CONTENT | _WISHES))


def withdraw(draft: Draft, kind: ResourceKind, resource_id: str) -> None:
    """Remove a resource. Allowed before anything was sent and after the end. Raises LifecycleError, 409."""
    present = draft.get(kind, resource_id)
    ended = present.state in FINAL_ORDER_STATES
    untouched = not (set(draft.lifecycle.sent) - {"gather"}) and kind is draft.lifecycle.root
    if not ended and not untouched:
        raise LifecycleError(
            "orderOnItsWay", f"order {resource_id} is {present.state}: it cannot be deleted", "cancel it first"
        )
    draft.remove(kind, resource_id)
    if untouched and not ended:
        draft.release("the order was deleted")
        draft.move(checkpoint=Checkpoint.ENDED, awaiting=(), submitted=())


def _is_open_for_content(draft: Draft, kind: ResourceKind, present: Any) -> bool:
    if by_client.is_by_client(draft):
        return present.state in {OrderState.DRAFT, OrderState.ACKNOWLEDGED}
    return draft.lifecycle.checkpoint is Checkpoint.QUALIFY and kind is draft.lifecycle.root


def _amend_bill(draft: Draft, present: Resource, wanted: Resource, changes: dict[str, Any], state: Any) -> bool:
    _refuse({name: value for name, value in changes.items() if name != "extras"}, _OF_BILLS)
    old, new = ({**one.extras, MEMBER: None} for one in (present, wanted))
    _refuse({name: None for name in old.keys() | new.keys() if old.get(name) != new.get(name)}, _OF_BILLS)
    if changes:
        draft.change(ResourceKind.CUSTOMER_BILL, present.id, last_update=draft.now, **changes)
    if state is not None:
        draft.set_state(ResourceKind.CUSTOMER_BILL, present.id, BillState(state), last_update=draft.now)
    return False


def _differences(present: Resource, wanted: Resource) -> dict[str, Any]:
    names = [name for name in type(present).model_fields if name not in _NEVER]
    return {name: getattr(wanted, name) for name in names if getattr(wanted, name) != getattr(present, name)}


def _refuse(changes: Mapping[str, Any], why: str) -> None:
    if changes:
        names = ", ".join(sorted(changes))
        raise LifecycleError("notChangeableNow", f"{names} cannot be changed: {why}", "leave them as they are")

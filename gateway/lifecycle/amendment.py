"""Changing what a client may change, as the tables of `permits` say.

States follow from facts, not from wishes.
"""

from collections.abc import Collection, Mapping
from typing import Any

from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, BillState, OrderState
from gateway.lifecycle import by_client, transitions
from gateway.lifecycle.cycles import MEMBER
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.permits import ASPECT_OF, DRIVER_OF, MAY_CHANGE, Driver, Effect
from gateway.lifecycle.plan import STAGES
from gateway.lifecycle.standing import is_being_cancelled, open_tasks
from gateway.lifecycle.unsent import move_on
from gateway.ports.errors import LifecycleError, StateNotForClients
from gateway.ports.repository import Resource

__all__ = ["amend", "withdraw"]

_NEVER = frozenset({"id", "revision", "order_date", "product_order_id"})
_OF_BILLS = "of a bill only the state and the cycle can be changed"

_INSTEAD: Mapping[Driver, str] = {
    Driver.CLIENT: "ask for it alone",
    Driver.CANCELLATION: "ask for a cancellation with a cancel task",
    Driver.FACTS: "post the missing fact to /lifecycle/v1/facts",
}


def amend(draft: Draft, kind: ResourceKind, resource_id: str, wanted: Resource) -> bool:
    """Change a resource to what a client wants; return whether the order must be qualified anew.

    Raises IllegalTransition for a state that cannot follow, StateNotForClients for one that follows from something
    else, LifecycleError (409) for members that are settled.
    """
    present = draft.get(kind, resource_id)
    changes = _differences(present, wanted)
    state = changes.pop("state", None)
    if kind is ResourceKind.CUSTOMER_BILL:
        return _amend_bill(draft, present, wanted, changes, state)
    if state is not None:
        transitions.require(kind, present.state, state)
        if not by_client.is_by_client(draft):
            _require_client(present.state, OrderState(state))
    is_building = not _is_open_for_content(draft, kind, present)
    row = MAY_CHANGE[present.state]
    effects = {name: row[ASPECT_OF[name]][is_building] for name in changes}
    _refuse([name for name, effect in effects.items() if effect is Effect.REFUSED], _why(draft, present.state))
    if state is not None and not by_client.is_by_client(draft):
        return move_on(draft, state, changes)
    if state is not None:
        by_client.move(draft, kind, resource_id, OrderState(state), changes)
    elif changes:
        draft.change(kind, resource_id, **changes)
    return Effect.ANEW in effects.values()


def withdraw(draft: Draft, kind: ResourceKind, resource_id: str) -> None:
    """Remove a resource. Allowed before anything was sent and after the end, its bill included.

    Raises LifecycleError, 409.
    """
    present = draft.get(kind, resource_id)
    ended = present.state in FINAL_ORDER_STATES
    untouched = not (set(draft.lifecycle.sent) - {"gather"}) and kind is draft.lifecycle.root
    tasks = open_tasks(draft)
    if tasks or not (ended or untouched):
        fix = f"follow its cancel task {tasks[0].id}" if tasks else "cancel it first"
        raise LifecycleError("orderOnItsWay", f"order {resource_id} is {present.state}: it cannot be deleted", fix)
    if ended and draft.lifecycle.checkpoint in STAGES:
        reason = f"order {resource_id} is {present.state}, and its gates are judged still: it cannot be deleted"
        raise LifecycleError("orderOnItsWay", reason, "delete it when it is billed and closed")
    draft.remove(kind, resource_id)
    if untouched and not ended:
        draft.release("the order was deleted")
        draft.move(checkpoint=Checkpoint.ENDED, awaiting=(), submitted=())


def _is_open_for_content(draft: Draft, kind: ResourceKind, present: Any) -> bool:
    if by_client.is_by_client(draft):
        return present.state in {OrderState.DRAFT, OrderState.ACKNOWLEDGED}
    return draft.lifecycle.checkpoint is Checkpoint.QUALIFY and kind is draft.lifecycle.root


def _require_client(present: OrderState, wanted: OrderState) -> None:
    driver = DRIVER_OF[present, wanted]
    if driver is not Driver.CLIENT:
        allowed = tuple(to for (start, to), one in DRIVER_OF.items() if start is present and one is Driver.CLIENT)
        raise StateNotForClients(present, wanted, allowed, _INSTEAD[driver])


def _why(draft: Draft, state: OrderState) -> str:
    if state in FINAL_ORDER_STATES:
        return f"the order is {state}"
    if is_being_cancelled(draft):
        return "the order is being cancelled"
    asked = ", ".join(name for name in draft.lifecycle.sent if name != "gather")
    return f"the order is being built; legacy systems were asked for {asked}" if asked else "the order is being built"


def _amend_bill(draft: Draft, present: Resource, wanted: Resource, changes: dict[str, Any], state: Any) -> bool:
    _refuse([name for name in changes if name != "extras"], _OF_BILLS)
    old, new = ({**one.extras, MEMBER: None} for one in (present, wanted))
    _refuse([name for name in old.keys() | new.keys() if old.get(name) != new.get(name)], _OF_BILLS)
    if changes:
        draft.change(ResourceKind.CUSTOMER_BILL, present.id, last_update=draft.now, **changes)
    if state is not None:
        draft.set_state(ResourceKind.CUSTOMER_BILL, present.id, BillState(state), last_update=draft.now)
    return False


def _differences(present: Resource, wanted: Resource) -> dict[str, Any]:
    names = [name for name in type(present).model_fields if name not in _NEVER]
    return {name: getattr(wanted, name) for name in names if getattr(wanted, name) != getattr(present, name)}


def _refuse(names: Collection[str], why: str) -> None:
    if names:
        fix = "leave them as they are; order a change, or cancel and order anew, for anything else"
        raise LifecycleError("notChangeableNow", f"{', '.join(sorted(names))} cannot be changed: {why}", fix)

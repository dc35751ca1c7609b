"""Cancelling an order that is on its way: take the request, assess it when it is due, refuse it or set out.

What was sent is then called back by `compensation`, system by system. Pure on a draft.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from gateway.canonical.cancelling import Undoing
from gateway.canonical.common import Ref
from gateway.canonical.lifecycle import CancelTask, ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState, TaskState
from gateway.lifecycle import called_off, compensation
from gateway.lifecycle.anew import later
from gateway.lifecycle.compensation import UNDONE_IN_ORDER, end_task
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.messages import ROLE_OF
from gateway.lifecycle.points import fees, objections
from gateway.lifecycle.scope import scope_of
from gateway.lifecycle.standing import is_being_cancelled, open_tasks
from gateway.lifecycle.terms import Terms
from gateway.lifecycle.transitions import require
from gateway.ports.adapter import Adapter, Capability, Operation, Role
from gateway.ports.claims import Claim
from gateway.ports.errors import LifecycleError

__all__ = ["ASSESS", "assess", "request"]

ASSESS = "assess"
"""The lifecycle lane's word for it."""

_FIRST_STATE = {
    ResourceKind.CANCEL_PRODUCT_ORDER: (ResourceKind.PRODUCT_ORDER, TaskState.ACKNOWLEDGED),
    ResourceKind.CANCEL_SERVICE_ORDER: (ResourceKind.SERVICE_ORDER, TaskState.ACCEPTED),
}
_CAN = frozenset({Capability.FULL, Capability.PARTIAL})


def request(draft: Draft, task: CancelTask, claims: tuple[Claim, ...] = ()) -> CancelTask:
    """Take a request to cancel: at once, or when its date comes. Raises LifecycleError, 409, IllegalTransition.

    A request in place of one that waits for a later date takes over from it; any other second one is refused.
    """
    kind, state = _FIRST_STATE[task.kind]
    target = draft.get(kind, task.order.id if task.order else draft.lifecycle.id)
    if draft.root is None:
        reason = f"order {draft.lifecycle.id}, which it was made for, was deleted, so nothing is left to cancel"
        raise LifecycleError("orderEnded", reason, "delete what is left of it")
    ended = next((one for one in (draft.root, target) if one.state in FINAL_ORDER_STATES), None)
    if ended is not None:
        raise LifecycleError(
            "orderEnded",
            f"order {ended.id} is {ended.state}, so nothing is left to cancel",
            "order a change or a cease",
        )
    require(kind, target.state, OrderState.ASSESSING_CANCELLATION)
    scope_of(draft, target.id)
    _make_room(draft, task, target.id)
    started = task.model_copy(
        update={"state": state, "creation_date": draft.now, "order": task.order or Ref(id=target.id), "steps": ()}
    )
    draft.create(task.kind, started, claims)
    wait = _seconds_until_due(draft, started)
    if wait > 0:
        draft.note(f"is to be cancelled on {started.requested_date:%Y-%m-%d %H:%M %Z} (task {started.id})")
        later(draft, ASSESS, apart=started.id, delay_seconds=wait)
    else:
        _open(draft, started)
        later(draft, ASSESS)
    stored: CancelTask = draft.get(task.kind, started.id)
    return stored


def assess(draft: Draft, terms: Terms, adapters: Mapping[Role, Adapter]) -> None:
    """Decide on the task that is due: refuse it, or set out to call back what was sent."""
    task = _due(draft)
    if task is None:
        return
    kind, _ = _FIRST_STATE[task.kind]
    target = draft.get(kind, task.order.id if task.order else draft.lifecycle.id)
    if draft.lifecycle.undoing is None:
        if is_being_cancelled(draft) or target is None or target.state in FINAL_ORDER_STATES:
            end_task(draft, task, TaskState.REJECTED, f"refused: the order is {target.state if target else 'gone'}")
            return
        try:
            _open(draft, task)
        except LifecycleError as error:  # the order has changed since the request was taken
            end_task(draft, task, TaskState.REJECTED, f"refused: {error.reason}")
            return
    undoing = draft.lifecycle.undoing
    assert undoing is not None
    wanted = _to_undo(draft, adapters, whole=target.id == draft.lifecycle.id)
    reasons = _reasons(draft, terms, adapters, wanted, undoing.items)
    if reasons:
        draft.move(undoing=None)
        called_off.give_back(draft, undoing, "; ".join(reasons))
        end_task(draft, task, TaskState.REJECTED, f"refused: {'; '.join(reasons)}")
        if not draft.lifecycle.awaiting:
            later(draft, "advance")
        return
    draft.set_state(task.kind, task.id, TaskState.IN_PROGRESS)
    called_off.pursue(draft, undoing)
    compensation.begin(draft, terms, wanted)


def _open(draft: Draft, task: CancelTask) -> None:
    target = task.order.id if task.order else draft.lifecycle.id
    items = scope_of(draft, target)
    before = called_off.assess(draft, target)
    draft.move(undoing=Undoing(task=task.id, target=target, items=items, back_to=before))


def _make_room(draft: Draft, task: CancelTask, target: str) -> None:
    for other in open_tasks(draft):
        same = target in {draft.lifecycle.id, other.order.id if other.order else draft.lifecycle.id}
        waits = draft.lifecycle.undoing is None and _seconds_until_due(draft, other) > 0
        if not (same and waits) or _due_date(draft, task) >= _due_date(draft, other):
            raise LifecycleError(
                "alreadyCancelling",
                f"task {other.id} to cancel {other.order.id if other.order else target} is {other.state} already",
                "follow that task",
            )
        end_task(draft, other, TaskState.CANCELLED, f"taken over by a request for an earlier date, {task.id}")


def _due(draft: Draft) -> CancelTask | None:
    """Return the task to decide on: the one that the order is assessed for, else the first whose date has come."""
    undoing = draft.lifecycle.undoing
    waiting = [task for task in open_tasks(draft) if task.state is not TaskState.IN_PROGRESS]
    if undoing is not None:
        return next((task for task in waiting if task.id == undoing.task), None)
    for task in waiting:
        seconds = _seconds_until_due(draft, task)
        if seconds <= 0:
            return task
        # Claimed early: the clocks of two processes differ a little.
        later(draft, ASSESS, apart=task.id, delay_seconds=seconds)
    return None


def _seconds_until_due(draft: Draft, task: CancelTask) -> float:
    return max(0.0, (_due_date(draft, task) - draft.now) / timedelta(seconds=1))


def _due_date(draft: Draft, task: CancelTask) -> datetime:
    return task.requested_date or draft.now


def _to_undo(draft: Draft, adapters: Mapping[Role, Adapter], *, whole: bool) -> tuple[Operation, ...]:
    """Return what was sent and can be undone. A question is taken back with the whole, where its system can."""
    sent = [operation for operation in UNDONE_IN_ORDER if operation in draft.lifecycle.sent]
    asked = whole and not _unable(adapters, (Operation.GATHER,))
    return tuple(operation for operation in sent if operation is not Operation.GATHER or asked)


def _reasons(
    draft: Draft,
    terms: Terms,
    adapters: Mapping[Role, Adapter],
    wanted: tuple[Operation, ...],
    items: tuple[str, ...],
) -> tuple[str, ...]:
    found = list(_unable(adapters, wanted))
    passed = objections(draft, terms, items)
    if passed:
        found.append(f"past the point of no return: {', '.join(passed)}")
    elif fees(draft, terms, items):
        found += _unable(adapters, (Operation.FEE,))
    return tuple(found)


def _unable(adapters: Mapping[Role, Adapter], operations: Iterable[Operation]) -> list[str]:
    """Return the words for what no system of the landscape declares that it can do."""
    found = []
    for operation in operations:
        adapter = adapters.get(ROLE_OF[operation])
        name = operation.value if operation is Operation.FEE else f"cancel {operation}"
        if adapter is not None and adapter.capabilities.get(name, Capability.UNKNOWN) not in _CAN:
            found.append(f"{adapter.name} has no {name}")
    return found

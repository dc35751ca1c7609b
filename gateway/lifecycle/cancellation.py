"""Cancelling an order that is on its way: assess, call back what was sent, or refuse past the point of no return.

The point of no return of an order is the first completed field visit or running service of any of its items.
"""

from gateway.canonical.common import Note, Ref
from gateway.canonical.lifecycle import CancelTask, Checkpoint, ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState, TaskState
from gateway.lifecycle import outcome
from gateway.lifecycle.advance import send, send_stage
from gateway.lifecycle.draft import GATEWAY, Draft
from gateway.lifecycle.plan import STAGES
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Operation, Role
from gateway.ports.claims import Claim
from gateway.ports.errors import LifecycleError

__all__ = ["assess", "begin", "called_back", "refused"]

_NO_RETURN = frozenset(
    {"field.completed", "service.activated", "service.ceased", "service.suspended", "service.resumed"}
)
_CALLED_BACK = (
    (Role.FIELD_WORK, Operation.BUILD),
    (Role.ACTIVATION, Operation.ACTIVATE),
    (Role.FIELD_WORK, Operation.BOOK),
    (Role.ACTIVATION, Operation.RESERVE),
)
"""What can be called back, one after the other: first what may refuse, so that a refusal leaves the rest as it was."""

_CHECKPOINTS = tuple(Checkpoint)
_TASK_OF = {
    ResourceKind.PRODUCT_ORDER: (ResourceKind.CANCEL_PRODUCT_ORDER, TaskState.ACKNOWLEDGED),
    ResourceKind.SERVICE_ORDER: (ResourceKind.CANCEL_SERVICE_ORDER, TaskState.ACCEPTED),
}


def begin(draft: Draft, task: CancelTask, claims: tuple[Claim, ...] = ()) -> CancelTask:
    """Take a request to cancel: the task starts, the order is being assessed. Raises LifecycleError, 409."""
    root = draft.root
    if root.state in FINAL_ORDER_STATES:
        raise LifecycleError(
            "orderEnded", f"order {root.id} is {root.state}, so nothing is left to cancel", "order a change or a cease"
        )
    if draft.lifecycle.checkpoint is Checkpoint.CANCELLING or root.state is OrderState.ASSESSING_CANCELLATION:
        raise LifecycleError("alreadyCancelling", f"order {root.id} is being cancelled already", "follow that task")
    kind, state = _TASK_OF[draft.lifecycle.root]
    started = task.model_copy(update={"kind": kind, "state": state, "order": task.order or Ref(id=root.id)})
    draft.create(kind, started, claims)
    draft.move(resume_state=root.state)
    draft.set_state(draft.lifecycle.root, root.id, OrderState.ASSESSING_CANCELLATION)
    return started


def assess(draft: Draft) -> None:
    """Decide on the open task: refuse it past the point of no return, else call back what was sent."""
    task = _open_task(draft)
    if task is None:
        return
    draft.set_state(task.kind, task.id, TaskState.IN_PROGRESS)
    done = sorted({fact.predicate for fact in draft.facts if fact.predicate in _NO_RETURN})
    if done:
        _refuse(draft, task, f"past the point of no return: {', '.join(done)}")
        return
    here = draft.lifecycle.checkpoint
    draft.move(checkpoint=Checkpoint.CANCELLING, awaiting=(), submitted=(), resume_checkpoint=here)
    draft.set_state(draft.lifecycle.root, draft.lifecycle.id, OrderState.PENDING_CANCELLATION)
    _call_back_next(draft)


def called_back(draft: Draft, operation: Operation) -> None:
    """Take note that one operation was undone; undo the next, or end the cancellation."""
    draft.move(sent=tuple(name for name in draft.lifecycle.sent if name != operation))
    _call_back_next(draft)


def refused(draft: Draft, terms: Terms, reason: str) -> None:
    """Go back to where the order stood because a legacy system will not call something back."""
    task = _open_task(draft)
    here = draft.lifecycle.resume_checkpoint or Checkpoint.QUALIFY
    draft.move(checkpoint=here, awaiting=(), submitted=(), generation=draft.lifecycle.generation + 1)
    if task is not None:
        _refuse(draft, task, reason)
    before = _CHECKPOINTS[_CHECKPOINTS.index(here) - 1] if here in STAGES else here
    if before in STAGES:
        send_stage(draft, terms, before)


def _call_back_next(draft: Draft) -> None:
    for role, operation in _CALLED_BACK:
        if operation in draft.lifecycle.sent:
            send(draft, role, operation, "cancel")
            return
    _end(draft)


def _end(draft: Draft) -> None:
    task = _open_task(draft)
    draft.release("the order was cancelled")
    root = draft.root
    changes = {"cancellation_date": draft.now, "cancellation_reason": task.reason if task else None}
    for order in draft.service_orders:
        if order.id != root.id and order.state not in FINAL_ORDER_STATES:
            if order.state is not OrderState.ACKNOWLEDGED:
                draft.set_state(ResourceKind.SERVICE_ORDER, order.id, OrderState.PENDING_CANCELLATION)
            states = {item.id: OrderState.CANCELLED for _, item in order.all_items()}
            items = outcome.with_items(order, states)
            draft.set_state(ResourceKind.SERVICE_ORDER, order.id, OrderState.CANCELLED, items=items, **changes)
    draft.move(checkpoint=Checkpoint.ENDED, resume_state=None)
    outcome.move_order(draft, OrderState.CANCELLED, **changes)
    if task is not None:
        draft.set_state(task.kind, task.id, TaskState.DONE, effective_date=draft.now)


def _refuse(draft: Draft, task: CancelTask, reason: str) -> None:
    note = Note(author=GATEWAY.system, date=draft.now, text=f"refused: {reason}")
    draft.set_state(task.kind, task.id, TaskState.TERMINATED_WITH_ERROR, notes=(*task.notes, note))
    root, back = draft.root, draft.lifecycle.resume_state or OrderState.IN_PROGRESS
    if root.state is OrderState.PENDING_CANCELLATION:
        draft.set_state(draft.lifecycle.root, root.id, OrderState.ASSESSING_CANCELLATION)
    draft.set_state(draft.lifecycle.root, root.id, back)
    draft.move(resume_state=None)
    draft.note(f"cancellation refused: {reason}")


def _open_task(draft: Draft) -> CancelTask | None:
    open_states = {TaskState.ACKNOWLEDGED, TaskState.ACCEPTED, TaskState.IN_PROGRESS}
    return next((task for task in draft.cancel_tasks if task.state in open_states), None)

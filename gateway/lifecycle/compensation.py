"""Taking back what was sent, one operation after the other, the last first; or giving the order back. Pure on a draft.

As long as nothing was undone, a system's refusal gives the order back as it was. From the first thing undone on there
is no way back: what then cannot go on waits, visibly, for an operator.
"""

from gateway.canonical.cancelling import CancelStep, StepState, Undoing
from gateway.canonical.common import Note
from gateway.canonical.judgement import Finding, Gate, Judgement, Severity, Verdict
from gateway.canonical.lifecycle import CancelTask, Checkpoint, ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, BlockedBy, OrderState, TaskState
from gateway.lifecycle.advance import send
from gateway.lifecycle.anew import ask_anew
from gateway.lifecycle.called_off import call_off, give_back
from gateway.lifecycle.draft import GATEWAY, Draft
from gateway.lifecycle.messages import ROLE_OF
from gateway.lifecycle.plan import STAGES, live_items
from gateway.lifecycle.points import fees
from gateway.lifecycle.standing import open_tasks
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Operation
from gateway.ports.errors import AdapterError, NotSupported, Refused

__all__ = ["UNDONE_IN_ORDER", "again", "begin", "done", "end_task", "failed"]

UNDONE_IN_ORDER = (Operation.ACTIVATE, Operation.BUILD, Operation.BOOK, Operation.RESERVE, Operation.GATHER)
"""What can be undone, in the order in which it is: the reverse of the order in which it was sent.

Charges and bills are not among them: they begin when the order is completed, and it then is past cancelling.
"""

_FIX = "look at the legacy system, put right what it names, then go on with POST /lifecycle/v1/orders/{id}/recheck"


def begin(draft: Draft, terms: Terms, operations: tuple[Operation, ...]) -> None:
    """Set out to undo the operations; what legacy systems were still asked for is no longer waited for."""
    undoing = _undoing(draft)
    here = draft.lifecycle.checkpoint
    left = tuple(operation.value for operation in operations)
    if terms.cancellation.may_cost:
        left = (*left, Operation.FEE.value)
    draft.move(
        checkpoint=Checkpoint.CANCELLING,
        resume_checkpoint=here,
        awaiting=(),
        submitted=(),
        generation=draft.lifecycle.generation + 1,
        undoing=undoing.model_copy(update={"left": left}),
    )
    _next(draft, terms)


def done(draft: Draft, terms: Terms, operation: Operation) -> None:
    """Take note that one operation was undone, or the fee charged; go on with the next, or end.

    What was undone for some items only still stands for the others.
    """
    undoing = _undoing(draft)
    _step(draft, operation, StepState.CHARGED if operation is Operation.FEE else StepState.UNDONE)
    draft.move(
        sent=tuple(name for name in draft.lifecycle.sent if name != operation or undoing.items),
        undoing=undoing.model_copy(
            update={
                "left": tuple(name for name in undoing.left if name != operation),
                "undone": (*undoing.undone, operation.value),
            }
        ),
    )
    draft.release(f"cancel {operation}: the system answered")
    _next(draft, terms)


def failed(draft: Draft, terms: Terms, system: str, error: AdapterError) -> None:
    """Take a system's fault: give the order back where nothing was undone yet and it says no, else wait."""
    undoing = _undoing(draft)
    operation = Operation(undoing.left[0])
    reason = f"{system}: {error.reason}"
    if isinstance(error, Refused | NotSupported) and not undoing.undone and operation is not Operation.FEE:
        _step(draft, operation, StepState.REFUSED, reason)
        _give_up(draft, terms, reason)
        return
    _step(draft, operation, StepState.STUCK, reason)
    stage = STAGES.get(draft.lifecycle.resume_checkpoint or Checkpoint.QUALIFY)
    gate = stage.gate if stage is not None else Gate.INTAKE
    finding = Finding(
        code=error.code, severity=Severity.HOLD, gate=gate, path=system, known_at=gate, fix=_FIX,
        reason=f"{system}: the cancellation of {operation} cannot go on: {error.reason}",
    )  # fmt: skip
    judgement = Judgement(gate=gate, verdict=Verdict.HOLD, findings=(finding,), blocked_by=BlockedBy.PROVIDER)
    draft.decide(judgement)
    draft.hold(judgement)
    task = _task(draft)
    if task is not None:
        draft.inform(task.kind, task.id)


def again(draft: Draft, terms: Terms) -> None:
    """Ask the system that did not answer well once more, under a new id."""
    draft.move(awaiting=(), submitted=(), generation=draft.lifecycle.generation + 1)
    _next(draft, terms)


def end_task(draft: Draft, task: CancelTask, state: TaskState, reason: str = "") -> None:
    """End a task; why it was refused stands in a note."""
    notes = (*task.notes, Note(author=GATEWAY.system, date=draft.now, text=reason)) if reason else task.notes
    effective = draft.now if state is TaskState.DONE else task.effective_date
    draft.set_state(task.kind, task.id, state, notes=notes, effective_date=effective)


def _next(draft: Draft, terms: Terms) -> None:
    left = _undoing(draft).left
    for name in left:
        operation = Operation(name)
        if operation is Operation.FEE:
            if not fees(draft, terms, _undoing(draft).items):
                continue
            send(draft, ROLE_OF[operation], operation)
        else:
            send(draft, ROLE_OF[operation], operation, "cancel")
        _step(draft, operation, StepState.ASKED)
        return
    _end(draft, terms)


def _end(draft: Draft, terms: Terms) -> None:
    undoing, task = _undoing(draft), _task(draft)
    reason = task.reason if task is not None else None
    draft.release("what was sent is called back")
    draft.move(undoing=None)
    if undoing.target == draft.lifecycle.id:
        _end_whole(draft, reason)
    else:
        call_off(draft, ResourceKind.SERVICE_ORDER, undoing.target, undoing.items, reason)
        _without_items(draft, terms, undoing, reason)
    if task is not None:
        end_task(draft, task, TaskState.DONE)


def _end_whole(draft: Draft, reason: str | None) -> None:
    for order in draft.service_orders:
        if order.id != draft.lifecycle.id:
            call_off(draft, ResourceKind.SERVICE_ORDER, order.id, (), reason)
    draft.move(checkpoint=Checkpoint.ENDED)
    call_off(draft, draft.lifecycle.root, draft.lifecycle.id, (), reason)


def _without_items(draft: Draft, terms: Terms, undoing: Undoing, reason: str | None) -> None:
    """Let a product order go on without the items that were called off; one without any left is called off too."""
    call_off(draft, ResourceKind.PRODUCT_ORDER, draft.lifecycle.id, undoing.items, reason)
    if not live_items(draft):
        _end_whole(draft, reason)
        return
    draft.move(checkpoint=draft.lifecycle.resume_checkpoint or Checkpoint.QUALIFY)
    ask_anew(draft, terms)


def _give_up(draft: Draft, terms: Terms, reason: str) -> None:
    undoing, task = _undoing(draft), _task(draft)
    draft.move(checkpoint=draft.lifecycle.resume_checkpoint or Checkpoint.QUALIFY, undoing=None)
    give_back(draft, undoing, reason)
    if task is not None:
        end_task(draft, task, TaskState.TERMINATED_WITH_ERROR, f"refused: {reason}")
    if draft.root.state not in FINAL_ORDER_STATES:
        ask_anew(draft, terms)


def _step(draft: Draft, operation: Operation, state: StepState, reason: str = "") -> None:
    task = _task(draft)
    if task is not None:
        step = CancelStep(operation=operation, role=ROLE_OF[operation], state=state, at=draft.now, reason=reason)
        draft.change(task.kind, task.id, steps=(*task.steps, step))


def _undoing(draft: Draft) -> Undoing:
    """Return how far it has come; of a cancellation that an older version began, what was sent is what is left."""
    known = draft.lifecycle.undoing
    if known is not None:
        return known
    left = tuple(one.value for one in UNDONE_IN_ORDER if one in draft.lifecycle.sent and one is not Operation.GATHER)
    back = {draft.lifecycle.id: draft.lifecycle.resume_state or OrderState.IN_PROGRESS}
    tasks = open_tasks(draft)
    return Undoing(task=tasks[0].id if tasks else "", target=draft.lifecycle.id, back_to=back, left=left)


def _task(draft: Draft) -> CancelTask | None:
    wanted = _undoing(draft).task
    return next((task for task in draft.cancel_tasks if task.id == wanted), None)

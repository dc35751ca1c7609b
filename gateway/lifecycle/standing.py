"""Orders that no gate is asked about: their client still writes them, or they are being cancelled. Pure on a draft.

What legacy systems report meanwhile is recorded, and judged once a refused cancellation gives the order back.
"""

from gateway.canonical.lifecycle import CancelTask, Checkpoint
from gateway.canonical.states import TaskState
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.unsent import is_unsent

__all__ = ["is_being_cancelled", "open_tasks", "stands_still"]

_OPEN = frozenset({TaskState.ACKNOWLEDGED, TaskState.ACCEPTED, TaskState.IN_PROGRESS})


def stands_still(draft: Draft) -> bool:
    """Whether the order goes nowhere by facts alone."""
    return is_unsent(draft) or is_being_cancelled(draft)


def is_being_cancelled(draft: Draft) -> bool:
    """Whether a cancellation is being assessed or carried out; one that waits for its date is neither."""
    return draft.lifecycle.undoing is not None or draft.lifecycle.checkpoint is Checkpoint.CANCELLING


def open_tasks(draft: Draft) -> tuple[CancelTask, ...]:
    """Return the cancel tasks that have not ended, the oldest first."""
    return tuple(task for task in draft.cancel_tasks if task.state in _OPEN)

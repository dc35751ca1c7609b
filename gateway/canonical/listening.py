"""How notifications fare: what the gateway owes each listener, and what others have told the gateway."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import Field

from gateway.canonical.base import Model
from gateway.canonical.lifecycle import Event, Listener

__all__ = ["Delivered", "HeardEvent", "HeardStatus", "ListenerState", "ListenerStatus", "Notification"]


class ListenerStatus(StrEnum):
    """How a listener is served."""

    ACTIVE = "active"  # each event goes out as it happens
    BEHIND = "behind"  # it answers, but slower than events happen: it is served from the history
    FAILING = "failing"  # the last attempt failed: the oldest event that it lacks is tried again, ever more rarely
    PARKED = "parked"  # it failed for too long, or is gone: nothing is sent but a rare probe


class ListenerState(Model):
    """What a listener lacks and how it answered last.

    Every event from `cursor` on that was not delivered in this `round` is owed to it; None where nothing is.
    A redelivery begins a new round.
    """

    listener: str
    status: ListenerStatus = ListenerStatus.ACTIVE
    cursor: str | None = None  # id of the oldest event that may be owed
    round: int = 0
    attempts: int = 0  # that failed since the last success
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    parked_at: datetime | None = None
    is_gone: bool = False  # it answered 410: not even probed
    last_error: str | None = None
    last_error_at: datetime | None = None
    forgotten_before: datetime | None = None  # owed events older than this were purged from the history

    def well(self, status: ListenerStatus, **changes: Any) -> Self:
        """Return the state of a listener that nothing is wrong with, served so; what it said last is still known."""
        well = dict.fromkeys(("failing_since", "retry_at", "parked_at")) | {"attempts": 0, "is_gone": False}
        return self.model_copy(update=well | {"status": status} | changes)


class Delivered(Model):
    """One event that a listener has taken."""

    listener: str
    event: str
    at: datetime
    status: int  # of the listener's answer
    attempts: int = 1  # at this listener since its last success, this one included
    round: int = 0


class Notification(Model):
    """What is needed to tell one listener of one event; `before` is the state of the resource at its event before."""

    listener: Listener
    event: Event
    state: ListenerState
    before: str | None = None


class HeardStatus(StrEnum):
    """What became of a notification that somebody sent to this gateway."""

    STORED = "stored"  # durable, not yet looked at
    CLAIMED = "claimed"  # an adapter understood it, and its report is recorded
    HELD = "held"  # it is about an order that waits for it, and says what nobody understands: the order is held
    UNCLAIMED = "unclaimed"  # no adapter declares it, or it is about nothing that is known here


class HeardEvent(Model):
    """A notification that another system sent to a listener operation of a face."""

    id: str
    face: str  # at which it came: tmf641-v4
    event_id: str  # as its sender calls it
    event_type: str
    source: str = ""  # what the sender calls itself, where its version can say so
    resource_id: str = ""
    received_at: datetime | None = None
    body: dict[str, Any] = Field(default_factory=dict)
    times: int = 1  # how often it came
    status: HeardStatus = HeardStatus.STORED
    system: str | None = None  # the adapter that claimed it
    order_id: str | None = None
    reason: str | None = None
    settled_at: datetime | None = None

"""What the delivery of notifications asks of storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.canonical.lifecycle import Event, Listener
from gateway.canonical.listening import Delivered, ListenerState, Notification

__all__ = ["BACKLOG_SEEN", "HUB_LANE", "RECOVERY_LANE", "ListenerStore", "ListenerView", "Purged", "Step"]

HUB_LANE = "hub"
"""The lane that delivers notifications as things happen."""

RECOVERY_LANE = "hub-recovery"
"""The lane in which listeners that fail or fall behind are served from the history, out of the way of the others."""

BACKLOG_SEEN = 10_000
"""How far what is owed to a listener is counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of catching up came to.

    `before` is the state that it began with, `after` the one to put in its place, but for its cursor: that becomes the
    oldest event that is owed and was not `handled`, also where it came while the step was going on. The listener is
    active where there is none. What was handled was delivered, or the listener wanted none of it.
    """

    before: ListenerState
    after: ListenerState
    delivered: tuple[Delivered, ...] = ()
    handled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ListenerView:
    """One listener at one moment, as an operator sees it."""

    listener: Listener
    state: ListenerState
    last_success: datetime | None = None
    backlog: int = 0  # events owed, counted to BACKLOG_SEEN


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was removed."""

    events: int = 0
    deliveries: int = 0
    heard: int = 0


class ListenerStore(Protocol):
    """Durable knowledge of listeners. Every method may raise StoreUnavailable."""

    async def notification(self, listener_id: str, event_id: str) -> Notification | None:
        """Return what one delivery needs; None where the listener or the event is gone."""

    async def owed(self, listener_id: str, event_id: str) -> bool:
        """See to it that a listener that is served from the history is served that event too.

        False where it is served as events happen again: then whoever asks must deliver the event.
        """

    async def taken(self, delivered: Delivered) -> None:
        """Record that a listener took an event."""

    async def troubled(self, state: ListenerState, event_id: str) -> None:
        """Serve a listener from the history from that event on, in that state, unless it is served so already.

        Enqueues the work that does so, due when the state says.
        """

    async def owing(self, listener_id: str) -> tuple[Listener, ListenerState] | None:
        """Return a listener with its state, or None."""

    async def batch(self, listener: Listener, state: ListenerState, limit: int) -> Sequence[Notification]:
        """Return the oldest events that are owed to a listener and that the lane of events as they happen left to it.

        Of each order the older ones come too, also above `limit`: whoever sorts an order's events by `seq` has all
        that must be told before the last of them.
        """

    async def step(self, step: Step) -> ListenerState | None:
        """Record a step; return the state after it, None where another round has begun or the listener is gone."""

    async def redeliver(self, listener_id: str, since: str | datetime | None) -> ListenerState | None:
        """Serve a listener from an event or an instant on, in place of what is owed; without either, what is owed, now.

        None where there is no such listener. Raises KeyError for an event that is not known.
        """

    async def listeners(self, *, offset: int = 0, limit: int = 100) -> tuple[Sequence[ListenerView], int]:
        """Return a page of listeners, oldest first, and how many there are."""

    async def view(self, listener_id: str) -> ListenerView | None:
        """Return one listener, or None."""

    async def deliveries(self, event_id: str) -> tuple[Event, Sequence[Listener], Mapping[str, Delivered]] | None:
        """Return an event, the listeners of its kind, and by listener who took it (removed ones included)."""

    async def schedule_purge(self) -> None:
        """Have the history purged from time to time; once for all processes."""

    async def purge(self, *, events_before: datetime | None, records_before: datetime | None, limit: int) -> Purged:
        """Remove up to `limit` of each that are older; None removes none.

        Of events only those of orders that are over, and none that is owed to a listener unless it is parked. Records
        are deliveries, and notifications of others that an adapter claimed.
        """

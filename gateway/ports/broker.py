"""What the gateway asks of a message broker, and of the store of what came from one that it could not take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.canonical.lifecycle import Event

__all__ = ["Arrived", "DeadLetter", "DeadLetters", "EventHistory", "Outgoing", "Outlet"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out. A broker that knows repeated messages knows them by `id`."""

    id: str
    order_id: str  # messages of one order stay in order
    body: bytes  # a CloudEvent as JSON


class Outlet(Protocol):
    """Publishes messages."""

    async def publish(self, message: Outgoing) -> None:
        """Return once the broker has stored the message.

        Raises TryLater where that is not known, NeedsOperator where the broker lets nobody in, Refused where it will
        never take this message.
        """


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that came from a broker. `id` is its place there: the same however often it is delivered."""

    id: str
    source: str  # the subject or topic
    body: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be taken, why, and what became of it."""

    id: str
    source: str
    body: bytes
    code: str
    reason: str
    fix: str
    received: datetime
    closed: datetime | None = None
    closed_as: str | None = None  # taken or discarded
    who: str | None = None
    why: str | None = None


class DeadLetters(Protocol):
    """Keeps what could not be taken. Every method may raise StoreUnavailable."""

    async def put(self, letter: DeadLetter) -> bool:
        """Keep a message; False where it is kept already."""

    async def get(self, letter_id: str) -> DeadLetter | None:
        """Return one message, or None."""

    async def page(self, *, is_open: bool | None, offset: int, limit: int) -> tuple[Sequence[DeadLetter], int]:
        """Return messages, the latest first, and how many there are; only open ones or only closed ones."""

    async def close(self, letter_id: str, closed_as: str, who: str, why: str) -> bool:
        """Close an open message; False where there is none."""


class EventHistory(Protocol):
    """The events as they were stored. Every method may raise StoreUnavailable."""

    async def events(self, order_id: str, first: int, last: int | None, limit: int) -> Sequence[Event]:
        """Return events of one order from one `seq` on, to `last` or to the newest, at most so many."""

    async def enqueue_page(self, replay: str, since: datetime | None, after: str) -> bool:
        """Enqueue the replay of the next orders by id, and of the page after it; False where too much waits."""

    async def begin_replay(
        self, replay: str, since: datetime | None, order_id: str | None, who: str, reason: str
    ) -> bool:
        """Enqueue a replay, of one order or of all, and note who wanted it; False where the order has no event."""

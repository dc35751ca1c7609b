"""Where notifications that other systems send are kept until an adapter has said what they mean."""

from collections.abc import Sequence
from typing import Protocol

from gateway.canonical.listening import HeardEvent, HeardStatus

__all__ = ["HEARD_LANE", "Inbox"]

HEARD_LANE = "heard"
"""The lane that looks at what was heard."""


class Inbox(Protocol):
    """Durable. Every method may raise StoreUnavailable."""

    async def keep(self, heard: HeardEvent) -> HeardEvent:
        """Store a notification and enqueue looking at it, in one transaction; return what is stored.

        The same once more is counted and nothing else; another that carries the same event id is kept beside it.
        """

    async def heard(self, heard_id: str) -> HeardEvent | None:
        """Return one, or None."""

    async def settle(self, heard: HeardEvent) -> None:
        """Record what became of it."""

    async def look_again(self, heard_id: str) -> HeardEvent | None:
        """Enqueue looking at it once more; None where there is none."""

    async def all_heard(
        self, *, status: HeardStatus | None = None, offset: int = 0, limit: int = 100
    ) -> tuple[Sequence[HeardEvent], int]:
        """Return a page, newest first, and how many there are."""

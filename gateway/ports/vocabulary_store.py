"""What is kept of vocabularies: the versions that were staged and adopted, and the codes that were met."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.canonical.base import Model

__all__ = ["StoredTable", "TableStatus", "UnknownSeen", "VocabularyStore"]


class TableStatus(StrEnum):
    """Where a stored version stands. Only one version of a vocabulary is active."""

    STAGED = "staged"  # checked and kept; it may still be replaced
    ACTIVE = "active"
    RETIRED = "retired"


class StoredTable(Model):
    """One version of one vocabulary, as somebody sent it."""

    vocab: str
    version: int
    digest: str  # of what it says, whatever its layout
    text: str
    status: TableStatus
    who: str
    reason: str
    at: datetime


class UnknownSeen(Model):
    """A code that a vocabulary lacks, and how often it was met. `waiting` orders are not asked again yet."""

    vocab: str
    code: str
    first_seen: datetime
    last_seen: datetime
    count: int
    orders: int
    waiting: int


class VocabularyStore(Protocol):
    """Durable storage of vocabularies. Every method may raise StoreUnavailable."""

    async def versions(self, vocab: str) -> Sequence[StoredTable]:
        """Return every version that is kept of one vocabulary, the newest first."""

    async def active(self) -> Sequence[StoredTable]:
        """Return the versions that were adopted and not replaced yet."""

    async def stage(self, tables: Sequence[StoredTable]) -> None:
        """Keep tables without using them. Raises SetupError for a version that was adopted with other content."""

    async def adopt(self, tables: Sequence[StoredTable], codes: Mapping[str, Collection[str]]) -> Sequence[str]:
        """Make tables the active ones, and enqueue to ask again every order that waits for one of their codes.

        All in one transaction. `codes` are those that each table translates. Returns the orders. Raises SetupError for
        a version that does not rise or was adopted with other content.
        """

    async def met_unknown(self, vocab: str, code: str, order_id: str) -> None:
        """Count a code that a vocabulary lacks, met for an order that now waits for it."""

    async def settled(self, vocab: str, code: str, order_id: str) -> None:
        """Take note that the order waits for that code no longer."""

    async def unknown(self) -> Sequence[UnknownSeen]:
        """Return every code that was ever met and lacked, the most frequent first."""

    async def count(self, met: Mapping[tuple[str, str], int]) -> None:
        """Add to how often the codes of tables were met: (vocabulary, code) → so many more."""

    async def counts(self, vocab: str) -> Mapping[str, int]:
        """Return how often each code of a vocabulary was met, those never met left out."""

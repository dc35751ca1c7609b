"""What the work on exceptions asks of storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.canonical.exceptions import Case, Fix, Group, GroupEvent, GroupStatus, ReplayState
from gateway.ports.repository import Work

__all__ = [
    "AGES",
    "DAYS_OF_A_MONTH",
    "SORTS",
    "Ages",
    "ExceptionStore",
    "Figures",
    "GroupQuery",
    "GroupView",
    "Numbers",
    "Opening",
    "Seen",
]

AGES: tuple[tuple[str, float | None], ...] = (
    ("0-4h", 4 * 3600.0),
    ("4-24h", 24 * 3600.0),
    ("1-3d", 3 * 86_400.0),
    ("3-7d", 7 * 86_400.0),
    (">7d", None),
)
"""The buckets of age: name, and the seconds at which the next begins."""

DAYS_OF_A_MONTH = 30
"""Money at stake is a thirtieth of the monthly charge for each day held, whatever the month."""

SORTS = ("money", "count", "age")
"""How groups can be sorted: most at stake first, most open orders first, oldest open first."""

Ages = Mapping[str, int]
"""Bucket → open orders. The clock stands while the customer is waited for."""


@dataclass(frozen=True, slots=True)
class GroupQuery:
    """A page of groups; a filter that is None lets all through. An owner of "" is nobody."""

    status: str | None = None
    owner: str | None = None
    gate: str | None = None
    fault_class: str | None = None
    sort: str = "money"
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of a group at one moment. `money` is what is at stake: minor units by currency."""

    cases: int = 0
    orders: int = 0
    open_orders: int = 0
    last_at: datetime | None = None
    oldest_open_at: datetime | None = None
    money: Mapping[str, int] = field(default_factory=dict)
    ages: Ages = field(default_factory=lambda: {name: 0 for name, _ in AGES})


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group with its figures."""

    group: Group
    figures: Figures


@dataclass(frozen=True, slots=True)
class Opening:
    """A case as the metrics see it."""

    fingerprint: str
    order_id: str
    opened_at: datetime
    closed_at: datetime | None
    cause: str | None
    origin: str
    gate: str
    known_at: str
    fault_class: str
    adapter: str
    release: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as the metrics see it."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Numbers:
    """What metrics are made of: every order that came, every exception, and what was done about groups.

    `touches` is how often somebody stepped in by hand.
    """

    orders: Sequence[Seen] = ()
    openings: Sequence[Opening] = ()
    events: Sequence[GroupEvent] = ()
    touches: int = 0


class ExceptionStore(Protocol):
    """Durable storage of exceptions. Every method may raise StoreUnavailable."""

    async def groups(self, query: GroupQuery, now: datetime) -> tuple[Sequence[GroupView], int]:
        """Return a page of groups with their figures, and how many match."""

    async def group(self, fingerprint: str, now: datetime) -> GroupView | None:
        """Return one group by its fingerprint, or by the only one that begins so; None where there is none."""

    async def cases(
        self, fingerprint: str, *, open_only: bool = False, offset: int = 0, limit: int = 100
    ) -> tuple[Sequence[Case], int]:
        """Return a page of a group's cases, oldest first, and how many there are."""

    async def members(self, fingerprint: str) -> Sequence[str]:
        """Return the ids of the orders that the group holds now, longest held first."""

    async def healthy(self, limit: int) -> Sequence[str]:
        """Return ids of the newest product orders past intake that nothing holds, in order of their ids."""

    async def last_decided(self, order_id: str) -> datetime | None:
        """Return when a gate last answered for an order, or None."""

    async def owners(self, now: datetime) -> Mapping[str, Ages]:
        """Return owner ("" for nobody) → ages of all open exceptions."""

    async def events(self, fingerprint: str) -> Sequence[GroupEvent]:
        """Return what was done about a group, oldest first."""

    async def amend(self, fingerprint: str, changes: Mapping[str, Any], event: GroupEvent) -> None:
        """Change a group (`status`, `owner`, `suspected_cause`, `note`, `fix`), and note it.

        Raises StaleVersion where it shall be closed and holds an order by now.
        """

    async def put_fix(self, fix: Fix, event: GroupEvent, status: GroupStatus | None = None) -> None:
        """Store a fix, or store it anew; with a status it becomes the fix of its group, which takes the status."""

    async def fix(self, fix_id: str) -> Fix | None:
        """Return one fix, or None."""

    async def adopted(self) -> Sequence[Fix]:
        """Return the fixes in use that change parameters, in the order in which they were adopted."""

    async def begin_replay(self, fix: Fix, works: Sequence[Work], event: GroupEvent) -> int:
        """Enlist the members that the works name and enqueue them, in one transaction; return how many are new.

        A member that was replayed under this fix and still holds is enlisted again.
        """

    async def progress(self, fix_id: str) -> Mapping[ReplayState, int]:
        """Return how many members of a replay are in each state."""

    async def replay_state(self, fix_id: str, order_id: str) -> tuple[ReplayState, datetime | None] | None:
        """Return how far one member's replay is, and when its systems were asked; None where it is not enlisted."""

    async def settle(self, fix: Fix, order_id: str, state: ReplayState, now: datetime) -> None:
        """End one member's replay. With the last, the group is verified, or open again where members still hold."""

    async def numbers(self) -> Numbers:
        """Return what metrics are made of."""

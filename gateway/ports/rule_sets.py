"""What the lifecycle asks of whoever keeps rule sets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from gateway.canonical.base import Model

__all__ = ["RuleSetStatus", "RuleSets", "StoredRuleSet"]


class RuleSetStatus(StrEnum):
    """At most one rule set is active; one that was active before is retired, and may be activated again."""

    STAGED = "staged"
    ACTIVE = "active"
    RETIRED = "retired"


class StoredRuleSet(Model):
    """A rule set as it is kept. `number` is given when it is stored; `origin` is `api` or `file`.

    `check` is what looking at it found when it was last looked at: its difference from the active one, and what it
    would do to orders.
    """

    number: int = 0
    name: str
    version: int
    document: str
    digest: str
    status: RuleSetStatus = RuleSetStatus.STAGED
    origin: str = "api"
    who: str
    staged_at: datetime
    activated_at: datetime | None = None
    activated_by: str | None = None
    reason: str | None = None  # why it was activated although it holds orders
    check: Mapping[str, Any] = Field(default_factory=dict)


class RuleSets(Protocol):
    """Durable rule sets, shared by all processes on one database. Every method may raise StoreUnavailable."""

    async def add(self, rule_set: StoredRuleSet) -> StoredRuleSet:
        """Store a rule set under the next number; the same document, staged or active, keeps its number."""

    async def get(self, number: int) -> StoredRuleSet | None:
        """Return one rule set, or None."""

    async def page(self, *, offset: int = 0, limit: int = 100) -> tuple[Sequence[StoredRuleSet], int]:
        """Return rule sets, newest first, and how many there are."""

    async def newest_from(self, origin: str) -> StoredRuleSet | None:
        """Return the newest rule set of an origin, or None."""

    async def active_number(self) -> int | None:
        """Return the number of the active rule set, or None: then the rules are as they are built in."""

    async def activate(  # noqa: PLR0913 - what is kept of an activation
        self, number: int, *, who: str, at: datetime, reason: str | None, check: Mapping[str, Any], after: int
    ) -> StoredRuleSet | None:
        """Make one rule set the active one and retire `after` (0: none); None where there is none of that number.

        Raises StaleVersion where another is active than `after`.
        """

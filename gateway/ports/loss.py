"""What became of each member of a message on its way through an adapter, and what each adapter lost in all.

An adapter that keeps such a book has it as `losses`. A member that was neither carried over nor declared as ignored in
the adapter's `conformance.yaml` is a finding: somebody has to say that it does not matter.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import Field

from gateway.canonical.base import Model
from gateway.ports.adapter import Adapter

__all__ = ["Direction", "Fate", "KeepsLosses", "LossBook", "LossReport", "LossSum", "MemberFate", "losses_of"]


class Direction(StrEnum):
    """Which way a translation went."""

    TO_LEGACY = "to-legacy"  # members are those of our models: `order.items.prices.net`
    FROM_LEGACY = "from-legacy"  # members are those of the system's answers: `ticket.Visit.Serial`


class Fate(StrEnum):
    """What became of a member that had a value, or of one that was given a value."""

    MAPPED = "mapped"  # it was read
    COERCED = "coerced"  # it was read, and kept in a form that can say less
    DEFAULTED = "defaulted"  # the system did not say it, and the adapter took a value of its own
    DROPPED = "dropped"  # it was not read, and the declaration says why that is right
    UNMAPPED = "unmapped"  # it was not read, and nothing is declared of it: a finding


class MemberFate(Model):
    """One member of one message. `note` is the declared reason, or what was made of it."""

    direction: Direction
    member: str
    fate: Fate
    note: str | None = None

    def __str__(self) -> str:
        """As a finding says it: what is wrong, and what to do."""
        if self.fate is not Fate.UNMAPPED:
            return f"{self.direction}: {self.member} {self.fate}" + (f" ({self.note})" if self.note else "")
        return (
            f"{self.direction}: {self.member} is neither mapped nor declared as ignored. Fix: carry it over, or name "
            f"it with a reason under ignored, {self.direction}, in conformance.yaml"
        )


class LossReport(Model):
    """What became of the members of one message, each once, sorted."""

    adapter: str
    message: str
    operation: str
    members: tuple[MemberFate, ...] = ()

    @property
    def findings(self) -> tuple[MemberFate, ...]:
        """The members that are neither mapped nor declared."""
        return tuple(one for one in self.members if one.fate is Fate.UNMAPPED)

    @property
    def counts(self) -> Mapping[Fate, int]:
        """How many members had each fate."""
        return {fate: sum(1 for one in self.members if one.fate is fate) for fate in Fate}


class LossSum(Model):
    """What became of one member in all messages since the adapter was made: in how many it had which fate."""

    direction: Direction
    member: str
    counts: Mapping[Fate, int] = Field(default_factory=dict)
    note: str | None = None


class LossBook(Protocol):
    """What an adapter lost."""

    def report(self, message_id: str, doing: str | None = None) -> LossReport | None:
        """Return what became of a message's members; None for a message that it did not have, or long ago.

        `doing` is `submit`, `cancel` or `observe`, where one message was there for several.
        """

    @property
    def sums(self) -> tuple[LossSum, ...]:
        """Each member that was ever met, sorted by direction and name."""

    @property
    def findings(self) -> tuple[MemberFate, ...]:
        """Members that were neither mapped nor declared in any message."""

    @property
    def stale(self) -> tuple[str, ...]:
        """Declared as ignored, as `from-legacy ticket._url`, and not met so far."""


@runtime_checkable
class KeepsLosses(Protocol):
    """The optional part of an adapter that keeps the book."""

    @property
    def losses(self) -> LossBook:
        """Its book."""


def losses_of(adapter: Adapter) -> LossBook | None:
    """Return an adapter's book, None where it keeps none."""
    return adapter.losses if isinstance(adapter, KeepsLosses) else None

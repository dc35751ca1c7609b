"""Exceptions: what held, refused or stopped an order, described so that what has one cause looks alike."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from gateway.canonical.base import Model
from gateway.canonical.judgement import Gate
from gateway.canonical.states import BlockedBy

__all__ = [
    "Case",
    "FaultClass",
    "Fix",
    "Group",
    "GroupEvent",
    "GroupStatus",
    "Origin",
    "ReplayState",
    "Shadow",
    "ShadowLine",
    "ShadowOutcome",
    "Signature",
]


class FaultClass(StrEnum):
    """What sort of fault it is, and so who can mend it."""

    MISSING_FACT = "missing-fact"  # goes by itself once the fact arrives
    CONTRADICTION = "contradiction"  # somebody with authority has to decide
    UNKNOWN_VOCABULARY = "unknown-vocabulary"  # mend the table, replay the group
    ILLEGAL_TRANSITION = "illegal-transition"  # a state or a moment out of order, or a race
    IMBALANCE = "imbalance"  # quantities or money
    IDENTITY = "identity"  # the wrong one, or the same one twice
    CAPABILITY = "capability"  # an adapter or a version cannot do it
    TECHNICAL = "technical"  # not about meaning
    RULE_ERROR = "rule-error"  # ours


class Origin(StrEnum):
    """How it showed: a gate held, a gate refused at the door, or a legacy system answered what no retry mends."""

    HOLD = "hold"
    REJECT = "reject"
    FAULT = "fault"


class GroupStatus(StrEnum):
    """How far the mending of a group has come. A verified or closed group that recurs is open again."""

    OPEN = "open"
    FIX_STAGED = "fix-staged"
    REPLAYING = "replaying"
    VERIFIED = "verified"
    CLOSED = "closed"


class Signature(Model):
    """What members of one group have in common. It names classes of values; never ids, amounts or names."""

    rule: str  # code@major version
    gate: Gate
    system: str = ""
    path: str = ""  # indices are *
    vocabulary: str = ""  # ids without versions, a blank between
    value: str = "other"
    family: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all parts, in hexadecimal."""
        parts = (self.rule, self.gate.value, self.system, self.path, self.vocabulary, self.value, self.family)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


class Case(Model):
    """One order's exception, from its opening to its close. `monthly` is what the order earns: minor units a month."""

    id: str
    order_id: str
    fingerprint: str
    signature: Signature
    fault_class: FaultClass
    origin: Origin
    checkpoint: str
    opened_at: datetime
    blocked_by: BlockedBy = BlockedBy.PROVIDER
    reason: str = ""
    known_at: Gate  # the first gate at which all that it compares was there
    adapter: str = ""
    vocabulary: str = ""  # id@version, a blank between
    release: str = ""
    monthly: dict[str, int] = Field(default_factory=dict)
    closed_at: datetime | None = None
    cause: str | None = None


class Group(Model):
    """Exceptions with one fingerprint, as people work on them. Figures are not kept here: they are counted."""

    fingerprint: str
    signature: Signature
    fault_class: FaultClass
    known_at: Gate
    status: GroupStatus = GroupStatus.OPEN
    first_at: datetime
    owner: str | None = None
    suspected_cause: str | None = None
    note: str | None = None
    fix: str | None = None
    reopened: int = 0


class GroupEvent(Model):
    """Something that was done about a group."""

    fingerprint: str
    at: datetime
    what: str  # staged, shadowed, adopted, replaying, verified, stillHeld, closed, reopened, amended
    who: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class ShadowOutcome(StrEnum):
    """What a fix would do to one order."""

    WOULD_RELEASE = "wouldRelease"
    STILL_HELD = "stillHeld"
    NEWLY_BROKEN = "newlyBroken"
    UNANSWERED = "unanswered"  # a system gave no final answer, so nobody can tell
    UNCHANGED = "unchanged"  # a healthy order that stays so


class ShadowLine(Model):
    """What a fix would do to one order, and why."""

    order_id: str
    outcome: ShadowOutcome
    detail: str = ""


class Shadow(Model):
    """The result of a shadow replay: nothing was stored and nothing sent. The seed draws the same sample again."""

    at: datetime
    seed: int
    members: int
    control: int
    would_release: int = 0
    still_held: int = 0
    newly_broken: int = 0
    unanswered: int = 0
    lines: tuple[ShadowLine, ...] = ()  # those that stay or break first; at most so many as an answer can bear


class Fix(Model):
    """A correction that is proposed for a group: vocabulary documents, a rule set, or parameters of the policy."""

    id: str
    fingerprint: str
    staged_at: datetime
    who: str = ""
    reason: str = ""
    vocabularies: tuple[str, ...] = ()
    rule_set: str | None = None  # YAML text
    policy: dict[str, Any] = Field(default_factory=dict)
    shadow: Shadow | None = None
    adopted_at: datetime | None = None
    forced: str | None = None


class ReplayState(StrEnum):
    """How far one member's replay has come."""

    PENDING = "pending"
    ASKED = "asked"  # its systems are being asked anew
    RELEASED = "released"
    HELD = "held"
    ENDED = "ended"  # it needs no replay any more

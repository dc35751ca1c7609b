"""Gates and what they answer: findings, verdicts, holds, decisions."""

from datetime import datetime
from enum import StrEnum

from gateway.canonical.base import Model
from gateway.canonical.fact import FactKey, Source
from gateway.canonical.states import BlockedBy

__all__ = ["Decision", "Finding", "Gate", "Hold", "Judgement", "Severity", "Verdict"]


class Gate(StrEnum):
    """The five handoffs of an order, in order."""

    INTAKE = "intake"
    ORDER_TO_BUILD = "order-to-build"
    BUILD_TO_ACTIVATION = "build-to-activation"
    ACTIVATION_TO_BILLING = "activation-to-billing"
    BILLING_TO_CLOSE = "billing-to-close"

    @property
    def position(self) -> int:
        """0 for intake to 4 for billing-to-close."""
        return list(Gate).index(self)


class Severity(StrEnum):
    """What a finding does: warn nothing, hold the gate, refuse the order."""

    WARN = "warn"
    HOLD = "hold"
    REJECT = "reject"


class Verdict(StrEnum):
    """What a gate answers."""

    ADVANCE = "advance"
    HOLD = "hold"
    REJECT = "reject"


class Finding(Model):
    """What one rule says about one path. `path` is canonical; a face rewrites it to its wire.

    `observed` and `expected` are the two values that differ, as text (`500 kbit/s`, `22.26 EUR`, `2026-03-09`).
    `source` and `subject` are those of the fact that the path leads into; `known_at` is the first gate at which all
    that was compared was there.
    """

    code: str
    severity: Severity
    gate: Gate
    path: str
    reason: str
    fix: str
    related: tuple[str, ...] = ()
    blocked_by: BlockedBy = BlockedBy.PROVIDER
    observed: str | None = None
    expected: str | None = None
    source: Source | None = None
    subject: str | None = None
    known_at: Gate | None = None
    waiver: str | None = None  # who let it pass, until when and why


class Judgement(Model):
    """The answer of one gate: what it waits for, what failed, which rules and facts it asked."""

    gate: Gate
    verdict: Verdict
    missing: tuple[FactKey, ...] = ()
    findings: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()  # ids of the facts read
    blocked_by: BlockedBy = BlockedBy.PROVIDER
    dry_run: tuple[Finding, ...] = ()  # what rules on trial found; without effect on the verdict
    dry_run_missing: tuple[FactKey, ...] = ()  # what rules on trial would wait for
    rule_set: str = ""  # the rule set that was in force; empty for the rules as they are built in


class Decision(Model):
    """A judgement as it was recorded, with the context that it was made in, so that it can be made again.

    `event_seq` is the last event before it: the orders, rates and bills stood as the events up to there show them.
    `inputs` is the digest of the stored `JudgedInputs`: what else it looked at.
    """

    id: str
    order_id: str
    at: datetime
    checkpoint: str
    judgement: Judgement
    context_hash: str
    event_seq: int = 0
    inputs: str = ""


class Hold(Model):
    """An order waiting at a gate for exactly named facts, or for a correction of named findings."""

    id: str
    order_id: str
    gate: Gate
    checkpoint: str
    since: datetime
    missing: tuple[FactKey, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = Verdict.HOLD
    blocked_by: BlockedBy = BlockedBy.PROVIDER
    released_at: datetime | None = None
    release_cause: str | None = None
    fingerprints: tuple[str, ...] = ()  # of the exceptions that it is

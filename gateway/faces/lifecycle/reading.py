"""Reading the facts, the history, the ledger and the policy of a trace document."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gateway.canonical.fact import PREDICATES, Fact
from gateway.canonical.lifecycle import HistoryEntry, LedgerEntry
from gateway.canonical.reference import Policy
from gateway.faces.lifecycle.parts import InstantText, MoneyPart, Part, TraceProblem, finite, make, read_part
from gateway.faces.lifecycle.wire import SUBJECT_FORMS, is_subject

__all__ = ["read_fact", "read_history", "read_ledger", "read_policy"]


class _Period(Part):
    start: InstantText | None = None
    end: InstantText | None = None


class _Posting(Part):
    bill: str | None = None
    account: str | None = None
    amount: MoneyPart | None = None
    period: _Period | None = None


class _Entry(Part):
    subject: str
    state: str
    at: InstantText


class _Evidence(Part):
    kind: str
    ref: str | None = None
    sha256: str | None = None


class _Source(Part):
    system: str
    adapter: str | None = None
    vocabulary: str | None = None
    vocab: str | None = None  # the same, in short
    message: str | None = None


class _Verifier(Part):
    kind: str
    id: str | None = None


class _Fact(Part):
    predicate: str
    subject: str
    value: dict[str, Any] = Field(default_factory=dict)
    observed_at: InstantText
    recorded_at: InstantText | None = None
    valid_from: InstantText | None = None
    valid_to: InstantText | None = None
    source: _Source
    evidence: tuple[_Evidence, ...] = ()
    assurance: str = "asserted"
    id: str = ""
    supersedes: str | None = None
    reason: str | None = None
    previous: str | None = None
    prev: str | None = None  # the same, in short
    lifecycle: str = ""
    verifier: _Verifier | None = None


class _Policy(Part):
    proration: str = "actual"
    rate_tolerance_percent: Annotated[Any, BeforeValidator(finite)] = 10
    backdate_days: int = Field(default=30, ge=0, le=36500)
    bill_lag_days: int = Field(default=7, ge=0, le=36500)
    grace_minutes: int = Field(default=60, ge=0, le=525600)
    roll_up: str = "partial"
    move_gap_days: int = Field(default=2, ge=0, le=36500)
    number_quarantine_days: int = Field(default=0, ge=0, le=36500)
    magnitude_factor: int = Field(default=50, ge=2, le=10**6)
    accepted_relations: tuple[str, ...] = ("equivalent",)


_TRANSLATION = frozenset(
    {"code", "rel", "mapped", "accept", "accepted", "defaulted", "seq"}
)  # of a fact as well as of a value


def read_fact(value: Any, path: str) -> Fact:
    """Return a fact. Raises TraceProblem, also for a predicate or a subject that is not among those known."""
    said = read_part(_Fact, value, path)
    if said.predicate not in PREDICATES:
        raise TraceProblem(f"{path}.predicate", "is no predicate of the trace document")
    if not is_subject(said.subject):
        raise TraceProblem(f"{path}.subject", f"is not one of {', '.join(SUBJECT_FORMS)}")
    source = said.source
    told = {name: one for name, one in (source.rest | said.rest).items() if name in _TRANSLATION}
    own = {name: one for name, one in said.__dict__.items() if name not in {"previous", "prev", "lifecycle"}}
    vocabulary = source.vocabulary if source.vocabulary is not None else source.vocab
    members = own | {
        "value": told | said.value,
        "evidence": [one.__dict__ for one in said.evidence],
        "source": {**{name: one for name, one in source.__dict__.items() if name != "vocab"}, "vocabulary": vocabulary},
        "verifier": said.verifier and said.verifier.__dict__,
        "previous": said.previous if said.previous is not None else said.prev,
        "order_id": said.lifecycle,
    }
    return make(Fact, members, path)


def read_history(value: Any, path: str) -> HistoryEntry:
    """Return an entry of the history. Raises TraceProblem."""
    said = read_part(_Entry, value, path)
    return HistoryEntry(subject=said.subject, state=said.state, at=said.at, extras=said.rest)


def read_ledger(value: Any, path: str) -> LedgerEntry:
    """Return a posting. Raises TraceProblem."""
    said = read_part(_Posting, value, path)
    return LedgerEntry(
        bill=said.bill,
        account=said.account,
        amount=said.amount.money if said.amount else None,
        start=said.period.start if said.period else None,
        end=said.period.end if said.period else None,
        extras=said.rest,
    )


def read_policy(value: Any, path: str) -> Policy:
    """Return the policy; parameters that are not there have their defaults. Raises TraceProblem."""
    said = read_part(_Policy, value, path)
    return make(Policy, said.model_dump(exclude=set(said.rest)), path)

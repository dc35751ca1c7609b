"""Making a decision again: the trace as it stood then, put to the rules of today. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Decision, Judgement
from gateway.canonical.lifecycle import Event, JudgedInputs, ResourceKind, Trace
from gateway.ports.repository import RESOURCE_TYPES
from gateway.rules.engine import Catalogue, judge

__all__ = ["Chain", "Rerun", "check_chain", "context_at", "rerun", "trace_at"]


@dataclass(frozen=True, slots=True)
class Rerun:
    """What a gate says today of the context of a stored decision, beside what it said then."""

    trace: Trace
    now: Judgement
    then: Judgement

    @property
    def is_same(self) -> bool:
        """Whether verdict, missing facts and findings are those of then."""
        return _said(self.now) == _said(self.then)


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of an order's facts: its last digest, and the first fact that does not follow from the one before."""

    context_hash: str
    length: int
    broken_at: str | None = None


def check_chain(facts: Sequence[Fact], context_hash: str) -> Chain:
    """Return whether each fact carries the digest of the one before, and the last one leads to the context's hash."""
    previous = ""
    for fact in facts:
        if (fact.previous or "") != previous:
            return Chain(context_hash, len(facts), fact.id)
        previous = fact.digest()
    broken = facts[-1].id if facts and previous != context_hash else None
    return Chain(context_hash, len(facts), broken)


def context_at(facts: Sequence[Fact], context_hash: str) -> tuple[Fact, ...]:
    """Return the facts that a context hash stands for: those up to the one with that digest."""
    if not context_hash:
        return ()
    for index, fact in enumerate(facts):
        if fact.digest() == context_hash:
            return tuple(facts[: index + 1])
    return tuple(facts)


def trace_at(decision: Decision, inputs: JudgedInputs, facts: Sequence[Fact], events: Sequence[Event]) -> Trace:
    """Return what the gate looked at: facts up to the context's hash, resources as events up to then left them."""
    resources = _resources(events, decision.event_seq)
    aside = set(inputs.set_aside)
    known = {
        "service_orders": resources(ResourceKind.SERVICE_ORDER),
        "rates": resources(ResourceKind.APPLIED_RATE),
        "bills": resources(ResourceKind.CUSTOMER_BILL),
    }
    return Trace(
        now=decision.at,
        zone=inputs.zone,
        reference=inputs.reference,
        product_order=next(iter(resources(ResourceKind.PRODUCT_ORDER)), None),
        facts=tuple(fact for fact in context_at(facts, decision.context_hash) if fact.id not in aside),
        ledger=inputs.ledger,
        others=inputs.others,
        policy=inputs.policy,
        **{name: found if name in inputs.parts else None for name, found in known.items()},
    )


def rerun(
    decision: Decision, inputs: JudgedInputs, facts: Sequence[Fact], events: Sequence[Event], catalogue: Catalogue
) -> Rerun:
    """Put the context of a stored decision to a catalogue once more."""
    trace = trace_at(decision, inputs, facts, events)
    now = judge(trace, decision.judgement.gate, catalogue, not_yet=frozenset(inputs.not_yet))
    return Rerun(trace, now, decision.judgement)


def _resources(events: Sequence[Event], last: int) -> Any:
    latest: dict[tuple[ResourceKind, str], Event] = {}
    for event in events:
        if event.seq <= last and event.resource:
            latest[event.kind, event.resource_id] = event

    def of(kind: ResourceKind) -> tuple[Any, ...]:
        model = RESOURCE_TYPES[kind]
        found = [event for (of_kind, _), event in latest.items() if of_kind is kind and event.type != "delete"]
        return tuple(model.model_validate_json(event.resource) for event in found)

    return of


def _said(judgement: Judgement) -> tuple[Any, ...]:
    return judgement.verdict, judgement.missing, judgement.findings

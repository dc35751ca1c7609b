"""Asking a gate: the trace of an order as it stands, judged by the rules of the checkpoint's gate."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.canonical.fact import PREDICATES
from gateway.canonical.judgement import Finding, Gate, Judgement, Severity
from gateway.canonical.lifecycle import Checkpoint, JudgedInputs, Trace
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.lifecycle.authority import set_aside
from gateway.lifecycle.by_client import is_by_client
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.plan import STAGES
from gateway.lifecycle.terms import Terms
from gateway.ports.errors import GateRefused
from gateway.rules.engine import Catalogue, judge

__all__ = ["PARTS", "ask", "ask_at_the_door", "trace_of"]

_ORDER = tuple(Checkpoint)
_PARTS_FROM: Mapping[str, Checkpoint] = {
    "service_orders": Checkpoint.RELEASE,
    "rates": Checkpoint.CHARGED,
    "bills": Checkpoint.BILLED,
    "ledger": Checkpoint.BILLED,
}
"""From which checkpoint on a part is known; before it the part is absent, which means unknown, not none."""

PARTS = tuple(_PARTS_FROM)
"""The parts of a trace that are unknown at first."""


def trace_of(draft: Draft, terms: Terms, others: Sequence[Trace] = ()) -> Trace:
    """Return everything known of the order as one trace."""
    here = _ORDER.index(draft.lifecycle.checkpoint)
    aside = set_aside(draft.facts, terms.authority)

    def known(part: str) -> bool:
        return not is_by_client(draft) and here >= _ORDER.index(_PARTS_FROM[part])

    return Trace(
        now=draft.now,
        zone=terms.zone,
        reference=terms.reference_for(draft.product_order, draft.lifecycle.reference),
        product_order=draft.product_order,
        service_orders=draft.service_orders if known("service_orders") else None,
        facts=tuple(fact for fact in draft.facts if fact.id not in aside),
        rates=draft.rates if known("rates") else None,
        bills=draft.bills if known("bills") else None,
        ledger=draft.lifecycle.ledger if known("ledger") else None,
        others=tuple(others),
        policy=draft.lifecycle.policy,
    )


def ask(
    draft: Draft, terms: Terms, catalogue: Catalogue, others: Sequence[Trace] = ()
) -> tuple[Judgement, JudgedInputs]:
    """Return what the gate of the order's checkpoint says, and what it looked at besides facts and resources."""
    stage = STAGES[draft.lifecycle.checkpoint]
    trace = trace_of(draft, terms, others)
    counted = {fact.id for fact in trace.facts}
    inputs = JudgedInputs(
        order_id=draft.lifecycle.id,
        zone=trace.zone,
        reference=trace.reference,
        policy=trace.policy,
        ledger=trace.ledger,
        not_yet=tuple(sorted(stage.not_yet)),
        parts=tuple(part for part in PARTS if getattr(trace, part) is not None),
        set_aside=tuple(sorted(fact.id for fact in draft.facts if fact.id not in counted)),
        others=trace.others,
    )
    return judge(trace, stage.gate, catalogue, not_yet=stage.not_yet), inputs


def ask_at_the_door(  # noqa: PLR0913 - one trace in its parts
    gate: Gate,
    terms: Terms,
    catalogue: Catalogue,
    now: datetime,
    *,
    order: ProductOrder | None = None,
    service_orders: tuple[ServiceOrder, ...] | None = None,
) -> tuple[Finding, ...]:
    """Judge what the order itself says, before anything is stored or asked elsewhere; return what is left to warn of.

    Raises GateRefused with every finding where one of them rejects: no later fact could change that.
    """
    trace = Trace(
        now=now,
        zone=terms.zone,
        reference=terms.reference_for(order),
        product_order=order,
        service_orders=service_orders,
        policy=terms.policy,
    )
    findings = judge(trace, gate, catalogue, not_yet=PREDICATES).findings
    if any(finding.severity is Severity.REJECT for finding in findings):
        worst_first = sorted(findings, key=lambda finding: list(Severity).index(finding.severity), reverse=True)
        raise GateRefused(worst_first)
    return findings

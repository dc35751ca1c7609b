"""Taking in what a legacy system reported: facts, ids, charges, bills, refusals. Pure on a draft."""

from typing import Any

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.common import Ref
from gateway.canonical.fact import Fact, Source
from gateway.canonical.judgement import Finding, Judgement, Severity, Verdict
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, BlockedBy, OrderState
from gateway.lifecycle import outcome, progress
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.exceptions.recording import REFUSED
from gateway.lifecycle.identity import our_id
from gateway.lifecycle.messages import ROLE_OF
from gateway.lifecycle.plan import STAGES, live_items
from gateway.lifecycle.standing import is_being_cancelled
from gateway.lifecycle.statements import restating
from gateway.ports.adapter import Operation, Outcome, Refusal, Report
from gateway.ports.errors import AdapterError, Refused, UnknownCode

__all__ = ["FAULT_FIX", "hold_for", "hold_for_fault", "our_fact", "our_rate", "take_in"]

_BUILDING = frozenset({Operation.RESERVE, Operation.BOOK, Operation.BUILD, Operation.ACTIVATE})
"""Operations whose refusal fails an item: nothing was delivered. A refused charge holds: the service runs."""

_OWN_FIX = frozenset({"VOC-001", "outcomeUnknown"})
"""Codes of faults that say themselves what to do first."""

FAULT_FIX = (
    "look at the legacy system, correct what it names, then ask again with POST /lifecycle/v1/orders/{id}/recheck"
)


def take_in(
    draft: Draft, message: str, operation: Operation, report: Report, clashes: tuple[Finding, ...] = ()
) -> bool:
    """Record a report; return whether it was the last that the order's stage waited for.

    A report that nobody waits for is recorded all the same: facts may come late, twice or out of order. Where it names
    what belongs to something else (`clashes`), the order is held and goes on waiting.
    """
    _record(draft, operation, report)
    if message not in draft.lifecycle.awaiting:
        if clashes:
            draft.note("came late, and was not taken: " + "; ".join(f"{one.code} {one.reason}" for one in clashes))
        return False
    if clashes and draft.lifecycle.checkpoint in STAGES:
        hold_for(draft, clashes)
        return False
    if report.outcome is Outcome.WORKING:
        if message not in draft.lifecycle.submitted:
            draft.move(submitted=(*draft.lifecycle.submitted, message))
        return False
    draft.move(
        awaiting=tuple(name for name in draft.lifecycle.awaiting if name != message),
        submitted=tuple(name for name in draft.lifecycle.submitted if name != message),
    )
    return not draft.lifecycle.awaiting


def hold_for_fault(draft: Draft, system: str, error: AdapterError, *, subject: str | None = None) -> None:
    """Hold the order because a legacy system answered something that no retry mends; its words are quoted."""
    stage = STAGES.get(draft.lifecycle.checkpoint)
    if stage is None:
        return
    finding = Finding(
        code=error.code,
        severity=Severity.HOLD,
        gate=stage.gate,
        path=subject or system,
        reason=f"{system}: {error.reason}",
        fix=f"{error.fix}; {FAULT_FIX}" if error.code in _OWN_FIX else FAULT_FIX,
        observed=error.legacy_code if isinstance(error, UnknownCode | Refused) else None,
        source=Source(system=system, vocabulary=error.vocabulary if isinstance(error, UnknownCode) else None),
        known_at=stage.gate,
    )
    hold_for(draft, (finding,))


def hold_for(draft: Draft, findings: tuple[Finding, ...]) -> None:
    """Hold the order for findings that no gate made; its message goes unanswered until it is sent anew."""
    stage = STAGES.get(draft.lifecycle.checkpoint)
    if stage is None:
        return
    judgement = Judgement(gate=stage.gate, verdict=Verdict.HOLD, findings=findings, blocked_by=BlockedBy.PROVIDER)
    known = len(draft.holds)
    draft.decide(judgement)
    draft.hold(judgement)
    if known != len(draft.holds) or not known:
        draft.note(f"waits at {stage.gate}: " + "; ".join(f"{one.code} {one.reason}" for one in findings))
        progress.alert(draft, judgement)
    if draft.root.state not in FINAL_ORDER_STATES and not is_being_cancelled(draft):
        outcome.move_order(draft, OrderState.HELD)


def _record(draft: Draft, operation: Operation, report: Report) -> None:
    for fact in report.facts:
        draft.add_fact(restating(draft, our_fact(draft, fact)))
    if report.legacy_ids and not report.legacy_ids.items() <= draft.lifecycle.legacy_ids.items():
        draft.move(legacy_ids={**draft.lifecycle.legacy_ids, **report.legacy_ids})
    if report.reference is not None:
        draft.move(reference=draft.lifecycle.reference.merged(report.reference))
    if report.ledger:
        entries = tuple(
            entry.model_copy(update={"bill": _bill_id(draft, entry.bill)} if entry.bill else {})
            for entry in report.ledger
        )
        new = tuple(entry for entry in entries if entry not in draft.lifecycle.ledger)
        draft.move(ledger=(*draft.lifecycle.ledger, *new))
    for rate in report.rates:
        _put(draft, ResourceKind.APPLIED_RATE, our_rate(draft, rate))
    for bill in report.bills:
        _put(draft, ResourceKind.CUSTOMER_BILL, _our_bill(draft, bill))
    if report.refusals:
        _refused(draft, operation, report.refusals)


def _refused(draft: Draft, operation: Operation, refusals: tuple[Refusal, ...]) -> None:
    words = "; ".join(f"{one.subject}: {one.legacy_code} {one.legacy_text}" for one in refusals)
    if operation in _BUILDING:
        items = [one.subject.removeprefix("item:") for one in refusals]
        _count(draft, operation, refusals)
        outcome.fail_items(draft, items, f"refused by the legacy system at {operation}: {words}")
        progress.refused(draft, refusals)
    else:
        draft.note(f"refused by the legacy system at {operation}: {words}")


def _count(draft: Draft, operation: Operation, refusals: tuple[Refusal, ...]) -> None:
    """Count refusals of items that are still alive; one that failed before was counted then."""
    stage, live = STAGES.get(draft.lifecycle.checkpoint), set(live_items(draft))
    new = [one for one in refusals if one.subject.removeprefix("item:") in live]
    if stage is None or not new:
        return
    findings = [
        Finding(
            code=REFUSED,
            severity=Severity.HOLD,
            gate=stage.gate,
            path=one.subject,
            subject=one.subject,
            reason=f"refused at {operation}: {one.legacy_code} {one.legacy_text}",
            fix=FAULT_FIX,
            observed=one.legacy_code,
            source=Source(system=ROLE_OF[operation]),
            known_at=stage.gate,
        )
        for one in new
    ]
    draft.count_refusals(stage.gate, findings)


def _bill_id(draft: Draft, legacy_id: str) -> str:
    return our_id(draft.lifecycle.id, "bill", legacy_id)


def our_fact(draft: Draft, fact: Fact) -> Fact:
    """Return a fact with our ids in place of the legacy system's."""
    kind, _, legacy_id = fact.subject.partition(":")
    if kind == "bill":
        return fact.model_copy(update={"subject": f"bill:{_bill_id(draft, legacy_id)}"})
    if fact.predicate == "rate.created" and "rate" in fact.value:
        ours = our_id(draft.lifecycle.id, "rate", str(fact.value["rate"]))
        return fact.model_copy(update={"value": {**fact.value, "rate": ours}})
    return fact


def our_rate(draft: Draft, rate: AppliedRate) -> AppliedRate:
    """Return a rate with our ids in place of the legacy system's."""
    update: dict[str, Any] = {
        "id": our_id(draft.lifecycle.id, "rate", rate.id),
        "order_id": draft.lifecycle.id,
    }
    if rate.bill is not None:
        update["bill"] = _our_ref(draft, rate.bill)
    update["characteristics"] = tuple(
        one.model_copy(update={"value": our_id(draft.lifecycle.id, "rate", str(one.value))})
        if one.name in {"reducesRate", "correctsRate"}
        else one
        for one in rate.characteristics
    )
    return rate.model_copy(update=update)


def _our_bill(draft: Draft, bill: Bill) -> Bill:
    return bill.model_copy(update={"id": _bill_id(draft, bill.id), "order_id": draft.lifecycle.id})


def _our_ref(draft: Draft, ref: Ref) -> Ref:
    return ref.model_copy(update={"id": _bill_id(draft, ref.id)})


def _put(draft: Draft, kind: ResourceKind, resource: Any) -> None:
    present = draft.get(kind, resource.id)
    if present is None:
        draft.create(kind, resource)
        return
    changes = {
        name: getattr(resource, name)
        for name in type(resource).model_fields
        if name not in {"revision", "state", "extras"} and getattr(resource, name) != getattr(present, name)
    }
    if changes:
        draft.change(kind, resource.id, **changes)

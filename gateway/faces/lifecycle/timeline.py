"""The timeline of one order: facts, decisions, holds and events in one sequence."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Decision, Hold
from gateway.canonical.lifecycle import CancelTask, Event, ResourceKind
from gateway.canonical.states import TaskState
from gateway.faces.rows import instant_text
from gateway.streams.office import Waiting

__all__ = ["merged"]

_CANCELLATIONS = frozenset({ResourceKind.CANCEL_PRODUCT_ORDER, ResourceKind.CANCEL_SERVICE_ORDER})
_Entry = tuple[datetime, int, dict[str, Any]]
_BIRTH, _FACT, _DECISION, _RELEASED, _OPENED, _EVENT, _SYSTEM = range(7)
"""What one step of the lifecycle writes with one time stamp, causes before consequences."""


def merged(  # noqa: PLR0913, PLR0917 - each kind of thing once
    order_id: str,
    facts: Sequence[Fact],
    decisions: Sequence[Decision],
    holds: Sequence[Hold],
    events: Sequence[Event],
    waits: Sequence[Waiting] = (),
) -> list[dict[str, Any]]:
    """Return everything that happened to an order by time, causes before consequences where times are equal.

    A fact stands where the gateway learnt of it. The sequences are each in their own order, which equal ones keep.
    """
    entries = [*_facts(facts), *_decisions(decisions), *_holds(holds), *_events(order_id, events), *_waits(waits)]
    entries.sort(key=lambda entry: entry[:2])
    return [{"at": instant_text(at), **said} for at, _, said in entries]


def _facts(facts: Sequence[Fact]) -> Iterator[_Entry]:
    for fact in facts:
        said = {
            "kind": "fact",
            "predicate": fact.predicate,
            "subject": fact.subject,
            "source": fact.source.system,
            "assurance": fact.assurance.value,
            "value": fact.value,
        }
        yield _aware(fact.recorded_at or fact.observed_at), _FACT, said


def _decisions(decisions: Sequence[Decision]) -> Iterator[_Entry]:
    for decision in decisions:
        judgement = decision.judgement
        said = {
            "kind": "decision",
            "gate": judgement.gate.value,
            "checkpoint": decision.checkpoint,
            "verdict": judgement.verdict.value,
            "missing": [str(key) for key in judgement.missing],
            "findings": [finding.code for finding in judgement.findings],
        }
        yield _aware(decision.at), _DECISION, said


def _holds(holds: Sequence[Hold]) -> Iterator[_Entry]:
    for hold in holds:
        missing = [str(key) for key in hold.missing]
        codes = dict.fromkeys(finding.code for finding in hold.findings)
        said = {"kind": "hold", "gate": hold.gate.value, "missing": missing}
        opened = {"state": "opened", "cause": "waits for " + ", ".join([*missing, *codes])}
        yield _aware(hold.since), _OPENED, said | opened
        if hold.released_at is not None:
            released = {"state": "released", "cause": hold.release_cause or ""}
            yield _aware(hold.released_at), _RELEASED, said | released


def _events(order_id: str, events: Sequence[Event]) -> Iterator[_Entry]:
    for event in events:
        said = {
            "kind": "event",
            "type": event.type,
            "resourceKind": event.kind.value,
            "resourceId": event.resource_id,
        }
        step = _step(event)
        if step:
            said["cause"] = step
        if event.state is not None:
            said["state"] = event.state
        is_birth = event.type == "create" and event.resource_id == order_id
        yield _aware(event.at), _BIRTH if is_birth else _EVENT, said


def _waits(waits: Sequence[Waiting]) -> Iterator[_Entry]:
    for one in waits:
        yield one.since, _SYSTEM, {"kind": "system", "source": one.system, "cause": one.text}


def _step(event: Event) -> str:
    """Return the words for the step of a cancellation that an event is about, or for its refusal; else nothing."""
    if event.kind not in _CANCELLATIONS or not {"steps", "notes"} & set(event.changed):
        return ""
    task = CancelTask.model_validate_json(event.resource)
    if "steps" in event.changed:
        return str(task.steps[-1]) if task.steps else ""
    return (task.notes[-1].text or "") if task.notes and task.state is not TaskState.DONE else ""


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

"""How the gateway's own face says facts, holds, decisions, findings and lifecycles; and how it reads a fact."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Decision, Finding, Hold, Judgement
from gateway.canonical.lifecycle import Event, Lifecycle, Trace
from gateway.faces.lifecycle.paths import wire_path
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text, read_instant

__all__ = [
    "SUBJECT_FORMS",
    "decision_to_wire",
    "event_to_wire",
    "fact_from_wire",
    "fact_to_wire",
    "finding_to_wire",
    "hold_to_wire",
    "is_subject",
    "lifecycle_to_wire",
]

SUBJECT_FORMS = ("productOrder", "serviceOrder", "item:<product order item id>", "bill:<bill id>")
"""What a fact may be about."""

_SUBJECT = re.compile(r"productOrder|serviceOrder|(item|bill):\S(.*\S)?", re.DOTALL)
_TIMES = {"observedAt": "observed_at", "validFrom": "valid_from", "validTo": "valid_to"}
_REQUIRED = ("predicate", "subject", "observedAt", "source")
_PLAIN = ("predicate", "subject", "value", "source", "evidence", "assurance", "verifier", "supersedes", "reason")


def is_subject(text: str) -> bool:
    """Whether a text has one of the forms that a fact may be about."""
    return _SUBJECT.fullmatch(text) is not None


def fact_from_wire(wire: Mapping[str, Any], at: str = "") -> Fact:
    """Return the fact of a body that fits the schema; `at` is the path before it. Raises FaceError 400."""
    absent = [name for name in _REQUIRED if wire.get(name) is None]
    if absent:
        where = at + absent[0]
        raise problem("schema", reason=f"{where} is missing", fix=f"add {', '.join(absent)}", path=where)
    if not is_subject(wire["subject"]):
        raise problem(
            "badFact",
            reason=f"{at}subject: a fact is about {', '.join(SUBJECT_FORMS[:-1])} or {SUBJECT_FORMS[-1]}",
            fix=f"send one of {', '.join(SUBJECT_FORMS)}",
            path=f"{at}subject",
        )
    members = {name: wire[name] for name in _PLAIN if wire.get(name) is not None}
    for said, name in _TIMES.items():
        if wire.get(said) is not None:
            try:
                members[name] = read_instant(wire[said])
            except (ValueError, TypeError):
                raise problem("badFact", reason=f"{at}{said} is no instant", path=f"{at}{said}") from None
    try:
        return Fact.model_validate(members)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = at + ".".join(map(str, first["loc"]))
        raise problem("badFact", reason=f"{where}: {first['msg']}", path=where) from None


def fact_to_wire(fact: Fact) -> dict[str, Any]:
    """Return a fact in the shape of the trace document, with what the gateway added when it stored it."""
    evidence = [one.model_dump(mode="json", exclude_none=True) for one in fact.evidence]
    said = {
        "id": fact.id or None,
        "predicate": fact.predicate,
        "subject": fact.subject,
        "value": fact.value,
        "observedAt": instant_text(fact.observed_at),
        "recordedAt": _instant(fact.recorded_at),
        "validFrom": _instant(fact.valid_from),
        "validTo": _instant(fact.valid_to),
        "source": fact.source.model_dump(mode="json", exclude_none=True),
        "evidence": evidence or None,
        "assurance": fact.assurance.value,
        "verifier": fact.verifier and fact.verifier.model_dump(mode="json", exclude_none=True),
        "supersedes": fact.supersedes,
        "reason": fact.reason,
        "previous": fact.previous,
    }
    return _known(said)


def finding_to_wire(finding: Finding, trace: Trace | None = None) -> dict[str, Any]:
    """Return a finding with paths as the trace document says them, in the version of `trace` or else in v4."""
    waived = {"waiver": finding.waiver} if finding.waiver is not None else {}
    return waived | {
        "code": finding.code,
        "severity": finding.severity.value,
        "gate": finding.gate.value,
        "path": wire_path(finding.path, trace),
        "reason": finding.reason,
        "fix": finding.fix,
        "related": [wire_path(path, trace) for path in finding.related],
    }


def hold_to_wire(hold: Hold) -> dict[str, Any]:
    """Return a hold, open or released."""
    said = {
        "id": hold.id,
        "order": hold.order_id,
        "gate": hold.gate.value,
        "checkpoint": hold.checkpoint,
        "since": instant_text(hold.since),
        "missing": [str(key) for key in hold.missing],
        "findings": [finding_to_wire(finding) for finding in hold.findings],
        "verdict": hold.verdict.value,
        "blockedBy": hold.blocked_by.value,
        "releasedAt": _instant(hold.released_at),
        "releaseCause": hold.release_cause,
    }
    return _known(said)


def decision_to_wire(decision: Decision) -> dict[str, Any]:
    """Return what a gate once answered, with the rules and facts that it asked."""
    judgement = decision.judgement
    return {
        "id": decision.id,
        "at": instant_text(decision.at),
        "gate": judgement.gate.value,
        "checkpoint": decision.checkpoint,
        "verdict": judgement.verdict.value,
        "missing": [str(key) for key in judgement.missing],
        "findings": [finding_to_wire(finding) for finding in judgement.findings],
        "rules": list(judgement.rules),
        "facts": list(judgement.facts),
        "contextHash": decision.context_hash,
        **_trial(judgement),
        **({"ruleSet": judgement.rule_set} if judgement.rule_set else {}),
    }


def _trial(judgement: Judgement) -> dict[str, Any]:
    """Return what rules on trial said, where they said anything."""
    said: dict[str, Any] = {}
    if judgement.dry_run:
        said["dryRun"] = [finding_to_wire(finding) for finding in judgement.dry_run]
    if judgement.dry_run_missing:
        said["dryRunMissing"] = [str(key) for key in judgement.dry_run_missing]
    return said


def event_to_wire(event: Event) -> dict[str, Any]:
    """Return an event, without the snapshot of its resource."""
    said = {
        "id": event.id,
        "seq": event.seq,
        "at": instant_text(event.at),
        "type": event.type,
        "resourceKind": event.kind.value,
        "resourceId": event.resource_id,
        "state": event.state,
        "changed": list(event.changed),
    }
    return _known(said)


def lifecycle_to_wire(lifecycle: Lifecycle) -> dict[str, Any]:
    """Return where an order stands."""
    return {
        "checkpoint": lifecycle.checkpoint.value,
        "root": lifecycle.root.value,
        "awaiting": list(lifecycle.awaiting),
        "version": lifecycle.version,
        "contextHash": lifecycle.context_hash,
    }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else instant_text(moment)


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

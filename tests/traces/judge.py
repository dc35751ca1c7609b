"""What the product says of a trace document."""

from typing import Any

from gateway.canonical.lifecycle import Trace
from gateway.faces.lifecycle import trace as documents
from gateway.faces.lifecycle.trace import answer_of, trace_from_wire
from gateway.rules.engine import Catalogue, judge_all

__all__ = ["VERSIONS", "alarms", "answer", "holds", "judged", "verdicts"]

VERSIONS: tuple[str, ...] = tuple(getattr(documents, "WIRES", ()) or documents.VERSIONS)
"""The versions of TM Forum's wires that a trace may be written in."""


def answer(document: dict[str, Any]) -> dict[str, Any]:
    return judged(trace_from_wire(document))


def judged(trace: Trace) -> dict[str, Any]:
    """Return what the gates say of a trace that was read."""
    return answer_of(judge_all(trace, Catalogue.load()), trace)


def alarms(said: dict[str, Any]) -> list[str]:
    """Return findings above a warning."""
    return [f"{f['code']} {f['gate']} {f['path']}: {f['reason']}" for f in said["findings"] if f["severity"] != "warn"]


def verdicts(said: dict[str, Any]) -> dict[str, str]:
    return {one["gate"]: one["verdict"] for one in said["gates"]}


def holds(said: dict[str, Any]) -> dict[str, list[str]]:
    """Return what each gate that does not advance lacks."""
    return {one["gate"]: one["missing"] for one in said["gates"] if one["verdict"] != "advance"}

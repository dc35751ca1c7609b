"""From the appointments and tickets of template to facts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from adapters.sdk.facts import Speaker
from adapters.sdk.fields import Fields
from adapters.sdk.redact import redact
from adapters.template.roles.field_work.to_legacy import Job
from gateway.canonical.fact import Evidence, Fact
from gateway.ports.errors import UnknownCode, Unreadable
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["Row", "Words", "booked", "completed", "member", "self_installed", "state"]

Row = dict[str, Any]
"""A row as the client returns it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What each table of codes.yaml is for."""

    states: Vocabulary
    documents: Vocabulary
    levels: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary], codes: Path) -> Self:
        """Return the tables by their ids. Raises SetupError where one is absent."""
        kinds = "work-status", "document", "level-unit", "field"
        *found, fields = require(tables, codes, *(f"template-{kind}" for kind in kinds))
        return cls(*found, fields=Fields(fields))

    def instant(self, row: Row, name: str) -> datetime:
        """Return when something was so. Raises Unreadable."""
        moment: datetime = self.fields.read(name, row.get(name))
        return moment


def member(row: Row, name: str) -> str:
    """Return a member that every row of its kind has. Raises Unreadable."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"template left out {name}", redact(str(row)))
    return value


def state(row: Row, words: Words, subject: str) -> str:
    """Return the canonical order state of an appointment or ticket. Raises UnknownCode."""
    try:
        return words.states.translate(row.get("status"))
    except UnknownCode as error:
        raise UnknownCode(error.vocabulary, error.legacy_code, subject=subject) from None


def booked(speaker: Speaker, job: Job, made: Row, words: Words) -> Fact:
    """Return what an appointment states."""
    value = {
        "appointment": member(made, "id"),
        "place": made.get("site") or None,
        "start": words.instant(made, "starts").isoformat(),
        "end": words.instant(made, "ends").isoformat(),
    }
    at = words.instant(made, "created")
    return speaker.reading(words.states).says("appointment.booked", job.subject, value, at=at, answer=made)


def self_installed(speaker: Speaker, job: Job, at: datetime) -> Fact:
    """Return that nobody visits: the customer connects what is shipped, or nothing is."""
    value = {"chosen": True, "place": job.site}
    return speaker.says("selfinstall.chosen", job.subject, value, at=at, answer=value)


def completed(speaker: Speaker, job: Job, done: Row, documents: Sequence[Row], words: Words) -> Iterator[Fact]:
    """Yield what a completed ticket states: the visit, if anybody says that there was one, and the boxes bound.

    Raises UnknownCode for a kind of document that is not known, Unreadable where a time is absent.
    """
    if done.get("finished"):
        at = words.instant(done, "finished")
        value = {name: done.get(theirs) or None for name, theirs in _VISIT.items()}
        yield speaker.reading(words.states, words.documents, words.levels).says(
            "field.completed",
            job.subject,
            value | _measured(documents, words, job),
            at=at,
            valid_from=at,
            evidence=[_evidence(one, words, job) for one in documents],
            answer=[done, *documents],
        )
    shipped = (done.get("shipped") or "").split()
    if shipped:
        bound: dict[str, Any] = {"serial": shipped[0]}
        if len(shipped) > 1:
            bound["serials"] = shipped
        at = words.instant(done, "closed")
        yield speaker.reading(words.states).says("device.bound", job.subject, bound, at=at, answer=done)


_VISIT = {"appointment": "appointment", "place": "site", "serial": "serial"}


def _kind(document: Row, words: Words, job: Job) -> str:
    try:
        return words.documents.translate(document.get("type"))
    except UnknownCode as error:
        raise UnknownCode(error.vocabulary, error.legacy_code, subject=job.subject) from None


def _evidence(document: Row, words: Words, job: Job) -> Evidence:
    kind = _kind(document, words, job)
    return Evidence(kind=kind, ref=document.get("ref") or None, sha256=document.get("sha256") or None)


def _measured(documents: Sequence[Row], words: Words, job: Job) -> dict[str, Any]:
    """Return the figures in the documents; further members of a value are allowed. Raises UnknownCode, Unreadable."""
    said = {_kind(one, words, job): str(one["value"]) for one in documents if one.get("value")}
    found: dict[str, Any] = {"test": said["test"]} if "test" in said else {}
    amount, _, code = said.get("lightLevel", "").partition(" ")
    if not amount:
        return found
    try:
        level = words.levels.quantity(amount, code)
    except (ArithmeticError, ValueError):
        raise Unreadable("template gave no light level", redact(amount)) from None
    return found | {"lightLevel": {"amount": float(level.amount), "units": level.unit}}

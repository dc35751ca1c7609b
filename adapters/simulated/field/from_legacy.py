"""From the field-work system's appointments and tickets to facts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from adapters.sdk.codes import said
from adapters.sdk.facts import Speaker
from adapters.sdk.redact import redact
from adapters.sdk.rows import read_row
from adapters.simulated.field.to_legacy import Job
from gateway.canonical.fact import Evidence, Fact
from gateway.ports.errors import Unreadable
from gateway.vocabulary.table import Vocabulary

__all__ = [
    "Appointment",
    "Ticket",
    "Words",
    "booked",
    "completed",
    "read_appointment",
    "read_ticket",
    "self_installed",
    "state",
]

_SYSTEM = "simulated-field"


@dataclass(frozen=True, slots=True)
class Words:
    """What each table of the system is for."""

    states: Vocabulary
    documents: Vocabulary
    levels: Vocabulary


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class Appointment(_Row):
    """An appointment. `raw` is the answer that it was read from."""

    id: str
    Item: str
    Status: str
    Site: str | None = None
    Created: AwareDatetime
    Starts: AwareDatetime
    Due: AwareDatetime
    raw: Mapping[str, Any]


class Document(_Row):
    """What a crew brought back."""

    Type: str
    Ref: str | None = None
    Sha256: str | None = None
    Value: str | None = None


class VisitRecord(_Row):
    """What a crew did."""

    Finished: AwareDatetime
    Site: str | None = None
    Serial: str | None = None
    Documents: tuple[Document, ...] = ()


class Ticket(_Row):
    """A visit or a shipment. `Shipped` are the serials that the warehouse took for it."""

    id: str
    Item: str
    Status: str
    Appointment: str | None = None
    Shipped: tuple[str, ...] = ()
    Closed: AwareDatetime | None = None
    Visit: VisitRecord | None = None
    raw: Mapping[str, Any]


def read_appointment(row: Any) -> Appointment:
    """Return an appointment checked. Raises Unreadable."""
    try:
        return read_row(Appointment, row, "appointment", raw=row)
    except (ValidationError, TypeError):
        raise Unreadable(f"{_SYSTEM} sent no appointment", redact(str(row))) from None


def read_ticket(row: Any) -> Ticket:
    """Return a ticket checked. Raises Unreadable."""
    try:
        return read_row(Ticket, row, "ticket", raw=row)
    except (ValidationError, TypeError):
        raise Unreadable(f"{_SYSTEM} sent no ticket", redact(str(row))) from None


def state(one: Appointment | Ticket, states: Vocabulary, subject: str) -> str:
    """Return the canonical order state that a status stands for. Raises UnknownCode."""
    return said(states, one.Status, subject)


def booked(speaker: Speaker, job: Job, made: Appointment) -> Fact:
    """Return what an appointment states."""
    value = {
        "appointment": made.id,
        "place": made.Site,
        "start": made.Starts.isoformat(),
        "end": made.Due.isoformat(),
    }
    return speaker.says("appointment.booked", job.subject, value, at=made.Created, answer=made.raw)


def self_installed(speaker: Speaker, job: Job, at: datetime) -> Fact:
    """Return that nobody visits: the customer connects what is shipped, or nothing is."""
    value = {"chosen": True, "place": job.site}
    return speaker.says("selfinstall.chosen", job.subject, value, at=at, answer=value)


def completed(speaker: Speaker, job: Job, done: Ticket, words: Words) -> Iterator[Fact]:
    """Yield what a completed ticket states: the visit, if anybody says that there was one, and the boxes bound.

    Raises UnknownCode for a kind of document that is not known, Unreadable where the time is absent.
    """
    visit = done.Visit
    if visit is not None:
        value = {"appointment": done.Appointment, "place": visit.Site, "serial": visit.Serial}
        evidence = [_evidence(document, job, words) for document in visit.Documents]
        yield speaker.reading(words.states, words.documents, words.levels).says(
            "field.completed",
            job.subject,
            value | _measured(visit, words),
            at=visit.Finished,
            valid_from=visit.Finished,
            evidence=evidence,
            answer=done.raw,
        )
    if done.Shipped:
        if done.Closed is None:
            raise Unreadable(f"{_SYSTEM} closed a ticket at no time", redact(str(done.raw)))
        bound: dict[str, Any] = {"serial": done.Shipped[0]}
        if len(done.Shipped) > 1:
            bound["serials"] = list(done.Shipped)
        yield speaker.reading(words.states).says("device.bound", job.subject, bound, at=done.Closed, answer=done.raw)


def _evidence(document: Document, job: Job, words: Words) -> Evidence:
    kind = said(words.documents, document.Type, job.subject)
    return Evidence(kind=kind, ref=document.Ref, sha256=document.Sha256)


def _measured(visit: VisitRecord, words: Words) -> dict[str, Any]:
    """Return the figures in the documents; unknown members of a value are allowed. Raises UnknownCode."""
    values = {words.documents.translate(one.Type): one.Value for one in visit.Documents if one.Value}
    found: dict[str, Any] = {"test": values["test"]} if "test" in values else {}
    amount, _, code = values.get("lightLevel", "").partition(" ")
    try:
        level = words.levels.quantity(Decimal(amount), code) if amount else None
        return found | ({"lightLevel": {"amount": float(level.amount), "units": level.unit}} if level else {})
    except InvalidOperation:
        raise Unreadable(f"{_SYSTEM} gave no light level", redact(amount)) from None

"""From tickets and their history to facts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Self

from adapters.request_tracker.to_legacy import SHIP, VISIT, Job
from adapters.sdk.codes import said, said_of
from adapters.sdk.facts import Speaker
from adapters.sdk.fields import Fields
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from gateway.canonical.fact import Evidence, Fact
from gateway.ports.errors import Unreadable
from gateway.vocabulary.fields.blank import Blank
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["Ticket", "Words", "booked", "closed_at", "completed", "read_ticket", "self_installed"]

_SYSTEM = "request tracker"
_WORK = frozenset({VISIT, SHIP})


@dataclass(frozen=True, slots=True)
class Words:
    """What each table of the system is for."""

    states: Vocabulary
    documents: Vocabulary
    levels: Vocabulary
    fields: Fields

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary]) -> Self:
        """Return the tables by their ids. Raises SetupError where one is absent."""
        names = ("rt-status", "rt-evidence", "rt-level-unit", "rt-field")
        states, documents, levels, fields = require(tables, Path("codes.yaml"), *names)
        return cls(states, documents, levels, Fields(fields))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A visit or a shipment. `evidence` are lines such as `PHOTO house.jpg`."""

    id: str
    item: str
    reference: str
    work: str
    status: str
    site: str | None
    created: datetime
    changed: datetime
    starts: datetime | None
    due: datetime | None
    serials: tuple[str, ...]
    evidence: tuple[str, ...]
    raw: Mapping[str, Any]

    def state(self, states: Vocabulary) -> str:
        """Return the canonical order state that its status stands for. Raises UnknownCode."""
        return said(states, self.status, f"item:{self.item}")


def read_ticket(row: Any, words: Words) -> Ticket:
    """Return a ticket checked. Raises Unreadable."""
    try:
        named = {one["name"]: [str(value) for value in one["values"]] for one in row["CustomFields"]}
        row = reading({**row, "CustomFields": named}, "ticket")
        fields = row["CustomFields"]
        (work,) = _WORK.intersection(fields["Work"])
        return Ticket(
            id=str(row["id"]),
            item=fields["Item"][0],
            reference=fields["Order"][0],
            work=work,
            status=str(row["Status"]),
            site=next(iter(fields["Site"]), None),
            created=words.fields.read("Created", row["Created"]),
            changed=words.fields.read("LastUpdated", row["LastUpdated"]),
            starts=_moment(words.fields.read("Starts", row["Starts"])),
            due=_moment(words.fields.read("Due", row["Due"])),
            serials=tuple(fields["Serial"]),
            evidence=tuple(fields["Evidence"]),
            raw=row,
        )
    except (KeyError, TypeError, ValueError, IndexError):
        raise Unreadable(f"{_SYSTEM} sent no ticket of field work", redact(str(row))) from None


def closed_at(history: Sequence[Mapping[str, Any]], ticket: Ticket, words: Words) -> datetime:
    """Return when a ticket took the status that it has. Raises Unreadable where its history does not say."""
    for one in reversed(reading(list(history), "history")):
        if one.get("Type") == "Status" and one.get("NewValue") == ticket.status:
            moment: datetime = words.fields.read("Created", one.get("Created"))
            return moment
    raise Unreadable(
        f"{_SYSTEM} does not say when ticket {ticket.id} became {ticket.status}", redact(str(history[-1:]))
    )


def booked(speaker: Speaker, job: Job, ticket: Ticket) -> Fact:
    """Return what a ticket with both its times states."""
    assert ticket.starts is not None
    assert ticket.due is not None
    value = {
        "appointment": ticket.id,
        "place": ticket.site,
        "start": ticket.starts.isoformat(),
        "end": ticket.due.isoformat(),
    }
    return speaker.says("appointment.booked", job.subject, value, at=ticket.created, answer=ticket.raw)


def self_installed(speaker: Speaker, job: Job, at: datetime) -> Fact:
    """Return that nobody visits: the customer connects what is shipped, or nothing is."""
    value = {"chosen": True, "place": job.site}
    return speaker.says("selfinstall.chosen", job.subject, value, at=at, answer=value)


def completed(speaker: Speaker, job: Job, ticket: Ticket, at: datetime, words: Words) -> Iterator[Fact]:
    """Yield what a resolved ticket states: the visit, and the boxes that were bound. Raises UnknownCode, Unreadable."""
    documents = [_document(line, job, words) for line in ticket.evidence]
    if ticket.work == VISIT:
        value = {
            "appointment": ticket.id if job.visit else None,
            "place": ticket.site,
            "serial": next(iter(ticket.serials), None),
        }
        measured = {name: found for _, name, found in documents if name is not None}
        tables = (words.states, words.documents, *((words.levels,) if "lightLevel" in measured else ()))
        yield speaker.reading(*tables).says(
            "field.completed",
            job.subject,
            value | measured,
            at=at,
            valid_from=at,
            evidence=[evidence for evidence, _, _ in documents],
            answer=ticket.raw,
        )
    if ticket.serials:
        bound: dict[str, Any] = {"serial": ticket.serials[0]}
        if len(ticket.serials) > 1:
            bound["serials"] = list(ticket.serials)
        yield speaker.reading(words.states).says("device.bound", job.subject, bound, at=at, answer=ticket.raw)


def _document(line: str, job: Job, words: Words) -> tuple[Evidence, str | None, Any]:
    """Return a line of evidence, and what it measured: `OTDR trace-7.sor -18.2 dBm`, `PHOTO house.jpg`."""
    code, _, rest = line.strip().partition(" ")
    kind = said(words.documents, code, job.subject)
    ref, _, result = rest.partition(" ")
    evidence = Evidence(kind=kind, ref=ref or None)
    if kind == "lightLevel" and result:
        amount, _, unit = result.partition(" ")
        try:
            with said_of(job.subject):
                level = words.levels.quantity(Decimal(amount), unit)
        except InvalidOperation:
            raise Unreadable(f"{_SYSTEM} gave no light level", redact(result)) from None
        return evidence, "lightLevel", {"amount": float(level.amount), "units": level.unit}
    return evidence, "test" if kind == "test" and result else None, result


def _moment(read: Any) -> datetime | None:
    return None if isinstance(read, Blank) else read

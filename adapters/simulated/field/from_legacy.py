"""From appointments and tickets to facts with their evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.sdk.facts import Speaker
from adapters.simulated.field.to_legacy import Job
from gateway.canonical.fact import Evidence, Fact
from gateway.canonical.states import OrderState
from gateway.vocabulary.table import Vocabulary

__all__ = ["Codes", "appointment_facts", "state_of", "ticket_facts"]


@dataclass(frozen=True, slots=True)
class Codes:
    """The vocabularies that tickets are read with."""

    status: Vocabulary
    document: Vocabulary
    level: Vocabulary


def state_of(row: Mapping[str, Any], codes: Codes) -> OrderState:
    """Return the state of an appointment or ticket. Raises UnknownCode."""
    return OrderState(codes.status.translate(row["Status"]))


def appointment_facts(job: Job, row: Mapping[str, Any], codes: Codes, speaker: Speaker) -> Iterator[Fact]:
    """Yield that a visit is booked, or that the customer installs a parcel's content himself."""
    if state_of(row, codes) is OrderState.CANCELLED:
        return
    at = datetime.fromisoformat(row["Created"])
    if job.work_type == "VISIT":
        value = {
            "appointment": row["Slot"] or row["id"],
            "place": row["Site"],
            "start": row["Starts"],
            "end": row["Due"],
        }
        yield speaker.says("appointment.booked", job.item.subject, value, at=at, answer=row)
    else:
        yield speaker.says("selfinstall.chosen", job.item.subject, {"place": row["Site"]}, at=at, answer=row)


def ticket_facts(job: Job, row: Mapping[str, Any], codes: Codes, speaker: Speaker) -> Iterator[Fact]:
    """Yield what a completed ticket shows: the visit with its evidence, and the device that was handed over."""
    if state_of(row, codes) is not OrderState.COMPLETED:
        return
    visit = row.get("Visit")
    if visit is not None:
        finished = datetime.fromisoformat(visit["Finished"])
        documents = visit["Documents"]
        yield speaker.says(
            "field.completed",
            job.item.subject,
            {
                "appointment": row["Appointment"],
                "place": visit["Site"],
                "serial": visit["Serial"],
                "lightLevel": _light_level(documents, codes),
            },
            at=finished,
            valid_from=finished,
            answer=row,
            evidence=[
                Evidence(kind=codes.document.translate(one["Type"]), ref=one["Ref"], sha256=one.get("Sha256"))
                for one in documents
            ],
        )
    shipped = row["Shipped"]
    if shipped and (visit is not None or row["WorkType"] == "SHIP"):
        closed = datetime.fromisoformat(row["Closed"])
        devices = dict(zip(row["Devices"], shipped, strict=False))
        value = {"serial": shipped[0], "devices": devices if len(devices) > 1 else None}
        yield speaker.says("device.bound", job.item.subject, value, at=closed, valid_from=closed, answer=row)


def _light_level(documents: list[Mapping[str, Any]], codes: Codes) -> dict[str, Any] | None:
    for document in documents:
        if document["Type"] == "OTDR":
            amount, _, unit = str(document["Value"]).partition(" ")
            level = codes.level.quantity(amount, unit)
            return {"amount": float(level.amount), "units": level.unit}
    return None

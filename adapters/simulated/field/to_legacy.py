"""From an order to field work: which items need a visit or a parcel, and what is written on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapters.sdk.messages import customer_reference, offering_of, place_of, product_items, stated
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message

__all__ = ["Job", "appointment_to_legacy", "jobs", "ticket_to_legacy"]

_SELF_INSTALL = frozenset({"selfinstall", "selfinstallation", "installation", "installationtype", "installationmethod"})


@dataclass(frozen=True, slots=True)
class Job:
    """What has to be done for one item: `VISIT` or `SHIP` (a parcel; the customer connects it)."""

    item: ProductOrderItem
    work_type: str
    place: str | None
    devices: tuple[str, ...]
    site_bound: bool


def jobs(message: Message) -> Iterator[Job]:
    """Yield the field work that an order asks for: of added items that need a visit, a device or a site."""
    for item in product_items(message):
        offering = offering_of(message, item)
        if item.action is not ItemAction.ADD or offering is None:
            continue
        visit = offering.needs_visit and not _installs_itself(item)
        if visit or offering.devices or offering.site_bound:
            work_type = "VISIT" if visit else "SHIP"
            yield Job(item, work_type, place_of(message, item), offering.devices, offering.site_bound)


def appointment_to_legacy(message: Message, job: Job) -> dict[str, Any]:
    """Return the appointment to make. `Slot` is what the customer was promised elsewhere."""
    slot = job.item.appointment.id if job.item.appointment else None
    return {**_head(message, job), "Slot": slot}


def ticket_to_legacy(message: Message, job: Job) -> dict[str, Any]:
    """Return the ticket to open, with the appointment that was booked before."""
    booked = stated(message.facts, "appointment.booked", job.item.subject)
    appointment = booked.value.get("appointment") if booked else None
    if appointment is None and job.item.appointment is not None:
        appointment = job.item.appointment.id
    return {**_head(message, job), "Appointment": appointment, "Devices": list(job.devices)}


def _head(message: Message, job: Job) -> dict[str, Any]:
    return {
        "Reference": message.reference_key,
        "CustomerReference": customer_reference(message) or "",
        "Item": job.item.id,
        "WorkType": job.work_type,
        "Site": job.place,
    }


def _installs_itself(item: ProductOrderItem) -> bool:
    for characteristic in item.product.characteristics if item.product else ():
        name = characteristic.name.lower().replace("-", "").replace("_", "")
        text = str(characteristic.value).lower()
        if name in _SELF_INSTALL and ("self" in text or (name.startswith("self") and text in {"true", "yes", "1"})):
            return True
    return False

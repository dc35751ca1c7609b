"""From a message to the appointments and tickets of template. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapters.sdk.messages import (
    customer_reference,
    offering_of,
    offering_of_service,
    place_of,
    product_items,
    service_items,
    stated,
)
from gateway.canonical.common import Characteristic
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message

__all__ = ["Job", "appointment", "jobs", "ticket"]


@dataclass(frozen=True, slots=True)
class Job:
    """What one item asks of field work: a visit, or boxes by post, or neither (the customer does it all)."""

    item: str
    site: str | None
    visit: bool
    devices: tuple[str, ...]
    slot: str | None = None

    @property
    def subject(self) -> str:
        """The subject of facts about it."""
        return f"item:{self.item}"


def jobs(message: Message) -> Iterator[Job]:
    """Yield what the added items of a message ask for; of an order from outside alone, its service items."""
    if message.order is None:
        yield from _outside(message)
        return
    for item in product_items(message):
        offering = offering_of(message, item)
        if item.action is not ItemAction.ADD or offering is None:
            continue
        if offering.needs_visit or offering.site_bound or offering.devices:
            visit = offering.needs_visit and not _installs_itself(item)
            slot = item.appointment.id if item.appointment else None
            yield Job(item.id, place_of(message, item), visit, offering.devices, slot)


def appointment(message: Message, job: Job) -> dict[str, Any]:
    """Return the appointment to make. `slot` is what the customer was promised elsewhere."""
    return {**_common(message, job), "slot": job.slot or ""}


def ticket(message: Message, job: Job) -> dict[str, Any]:
    """Return the ticket to open: a visit under its appointment, or a shipment."""
    booked = stated(message.facts, "appointment.booked", job.subject) if job.visit else None
    return {
        **_common(message, job),
        "work": "VISIT" if job.visit else "SHIP",
        "devices": " ".join(job.devices),
        "appointment": str(booked.value.get("appointment") or "") if booked else "",
    }


def _outside(message: Message) -> Iterator[Job]:
    for _, item in service_items(message):
        offering = offering_of_service(message, item)
        if item.action is not ItemAction.ADD or offering is None or not (offering.needs_visit or offering.devices):
            continue
        places = item.service.places if item.service else ()
        site = next((place.id for place in places if place.id), None)
        slot = item.appointment.id if item.appointment else None
        yield Job(item.product_item_id or item.id, site, offering.needs_visit, offering.devices, slot)


def _common(message: Message, job: Job) -> dict[str, Any]:
    return {
        "reference": message.reference_key,
        "customerReference": customer_reference(message) or "",
        "item": job.item,
        "site": job.site or "",
    }


def _installs_itself(item: ProductOrderItem) -> bool:
    return any(_chooses_self(one) for one in (item.product.characteristics if item.product else ()))


def _chooses_self(one: Characteristic) -> bool:
    name, value = one.name.lower().replace("-", "").replace("_", ""), str(one.value).lower()
    if name in {"selfinstall", "selfinstallation"}:
        return value in {"true", "yes", "y", "1"} or "self" in value
    return name in {"installation", "installationtype", "installationmethod"} and "self" in value

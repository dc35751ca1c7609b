"""From a message to tickets. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.sdk.messages import (
    customer_reference,
    offering_of,
    offering_of_service,
    place_of,
    product_items,
    service_items,
)
from gateway.canonical.common import Characteristic
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message

__all__ = ["SHIP", "VISIT", "Job", "jobs", "ticket"]

VISIT, SHIP = "VISIT", "SHIP"
_SELF = frozenset({"selfinstall", "selfinstallation"})
_METHOD = frozenset({"installation", "installationtype", "installationmethod"})


@dataclass(frozen=True, slots=True)
class Job:
    """What one item asks of field work: a visit, or boxes by post, or neither (the customer does it all)."""

    item: str
    site: str | None
    visit: bool
    devices: tuple[str, ...]
    starts: datetime | None = None
    due: datetime | None = None

    @property
    def subject(self) -> str:
        """The subject of facts about it."""
        return f"item:{self.item}"


def jobs(message: Message) -> Iterator[Job]:
    """Yield what the added items of a message ask for; of an order from outside alone, its service items."""
    order = message.order
    if order is None:
        yield from _outside(message)
        return
    for item in product_items(message):
        offering = offering_of(message, item)
        if item.action is not ItemAction.ADD or offering is None:
            continue
        if offering.needs_visit or offering.site_bound or offering.devices:
            yield Job(
                item.id,
                place_of(message, item),
                offering.needs_visit and not _installs_itself(item),
                offering.devices,
                order.requested_start,
                order.requested_completion,
            )


def ticket(message: Message, job: Job) -> dict[str, Any]:
    """Return the ticket to open: a visit within the time that was asked for, or a shipment."""
    fields: dict[str, Any] = {
        "Order": message.reference_key,
        "Item": job.item,
        "Work": VISIT if job.visit else SHIP,
        "Devices": list(job.devices),
    }
    what = "Visit" if job.visit else "Shipment"
    made: dict[str, Any] = {
        "Subject": f"{what} for {customer_reference(message) or message.reference_key}, item {job.item}",
        "CustomFields": fields | ({"Site": job.site} if job.site else {}),
    }
    told = "\n".join(_remarks(message))
    if told:
        made |= {"Content": told, "ContentType": "text/plain"}
    if job.visit:
        made |= {"Starts": _instant(job.starts)} if job.starts else {}
        made |= {"Due": _instant(job.due)} if job.due else {}
    return made


def _outside(message: Message) -> Iterator[Job]:
    for order, item in service_items(message):
        offering = offering_of_service(message, item)
        if item.action is not ItemAction.ADD or offering is None or not (offering.needs_visit or offering.devices):
            continue
        places = item.service.places if item.service else ()
        site = next((place.id for place in places if place.id), None)
        name = item.product_item_id or item.id
        starts, due = order.requested_start, order.requested_completion
        yield Job(name, site, offering.needs_visit, offering.devices, starts, due)


def _remarks(message: Message) -> Iterator[str]:
    """Yield what somebody has written for whoever does the work."""
    order = message.order or next(iter(message.service_orders), None)
    if order is None:
        return
    if order.description:
        yield order.description
    for note in order.notes:
        if note.text:
            yield f"{note.author}: {note.text}" if note.author else note.text


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _installs_itself(item: ProductOrderItem) -> bool:
    return any(_chooses_self(one) for one in (item.product.characteristics if item.product else ()))


def _chooses_self(one: Characteristic) -> bool:
    name = one.name.lower().replace("-", "").replace("_", "")
    if name not in _SELF | _METHOD:
        return False
    value = str(one.value).lower()
    return "self" in value or (name in _SELF and value in {"true", "yes", "y", "1"})

"""From a message to the reservations and services of template. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from adapters.sdk.messages import customer_reference, offering_of, place_of, stated
from adapters.template.roles.activation.words import Words, is_number_name
from gateway.canonical.common import Characteristic
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.quantity import Quantity, read_quantity
from gateway.canonical.service_order import PRODUCT_ITEM, ServiceOrderItem
from gateway.canonical.states import ItemAction, ProductStatus, ServiceState
from gateway.ports.adapter import Message

__all__ = ["Wanted", "item_reference", "mark_of", "new_service", "reservation", "resumes", "search", "wanted"]

RATES = {"downstreamRate": "down", "upstreamRate": "up"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a service item asks of a service that is there: its new state, and members that change."""

    state: str
    members: Mapping[str, str]


def item_reference(item: ServiceOrderItem) -> str:
    """Return the name under which a service item stands there: `<product item>.<service item>`, or its own id."""
    return f"{item.product_item_id}.{item.id}" if item.product_item_id else item.id


def mark_of(message: Message, item: ServiceOrderItem) -> str:
    """Return what is written into a service when it is changed, so that the change is found again."""
    return f"{message.reference_key}/{item_reference(item)}"


def resumes(message: Message, item: ServiceOrderItem) -> bool:
    """Whether an item takes up a product again that the customer systems show as suspended."""
    sold = _sold(message, item)
    held = message.reference.product(sold.product.id) if sold and sold.product else None
    aim = sold.product.status if sold and sold.product else None
    return held is not None and held.status == ProductStatus.SUSPENDED and aim == ProductStatus.ACTIVE


def search(message: Message, item: ServiceOrderItem) -> dict[str, str]:
    """Return by what the item's service is found: its mark where it is new, else the id or the product it serves."""
    if item.action is ItemAction.ADD:
        return {"reference": message.reference_key, "item": item_reference(item)}
    known = message.legacy_ids.get(f"service {item_reference(item)}")
    if known is not None:
        return {"id": known}
    if item.service is not None and item.service.id is not None:
        return {"id": item.service.id}
    sold = _sold(message, item)
    return {"product": (sold.product.id if sold and sold.product else None) or "-"}


def reservation(message: Message, item: ProductOrderItem, kind: str, words: Words) -> dict[str, Any]:
    """Return what to reserve for an item: a port, a number, a SIM or an address. `value` is the one that is wanted."""
    number = _number(item.product.characteristics) if kind == "number" and item.product else None
    return {
        "reference": message.reference_key,
        "customerReference": customer_reference(message) or "",
        "item": item.id,
        "kind": words.resources.inverse(kind),
        "value": words.fields.write("number", number) if number else "",
    }


def new_service(message: Message, item: ServiceOrderItem, words: Words) -> dict[str, Any]:
    """Return the service to make. Raises UnknownCode for a specification that the table lacks."""
    sold = _sold(message, item)
    offering = offering_of(message, sold) if sold else None
    customer = message.order.party("customer") if message.order else None
    specification = item.service.specification.id if item.service and item.service.specification else ""
    return {
        "reference": message.reference_key,
        "customerReference": customer_reference(message) or "",
        "item": item_reference(item),
        "type": words.types.inverse(specification),
        "product": (sold.product.id if sold and sold.product else None) or "",
        "offer": offering.id if offering else "",
        "customer": customer.id if customer else "",
        "site": _site(message, item, sold) or "",
        **_resources(message, item, words),
        **_configuration(item, words),
        "marks": mark_of(message, item),
    }


def wanted(message: Message, item: ServiceOrderItem, words: Words) -> Wanted:
    """Return what becomes of a service that is there. Raises UnknownCode."""
    aim = item.service.state if item.service else None
    if item.action is ItemAction.DELETE:
        state = ServiceState.TERMINATED
    else:
        state = ServiceState.INACTIVE if aim == ServiceState.INACTIVE else ServiceState.ACTIVE
    found = _resources(message, item, words) | _configuration(item, words) if state is ServiceState.ACTIVE else {}
    return Wanted(words.states.inverse(state.value), {name: value for name, value in found.items() if value})


def _resources(message: Message, item: ServiceOrderItem, words: Words) -> dict[str, str]:
    reserved = stated(message.facts, "resource.reserved", item.subject)
    bound = stated(message.facts, "device.bound", item.subject)
    value: dict[str, Any] = reserved.value if reserved else {}
    number = (_number(item.service.characteristics) if item.service else None) or value.get("number")
    addresses = value.get("ipv4") or [""]
    return {
        "serial": str(bound.value.get("serial") or "") if bound else "",
        "port": str(value.get("port") or ""),
        "number": words.fields.write("number", number) if number else "",
        "iccid": str(value.get("iccid") or ""),
        "ip": str(addresses[0]),
    }


def _configuration(item: ServiceOrderItem, words: Words) -> dict[str, str]:
    """Return the rates in kbit/s, and every other characteristic by its name, as one text of JSON."""
    rates: dict[str, Quantity] = {}
    others: dict[str, Any] = {}
    for one in _characteristics(item):
        quantity = read_quantity(one.value) if one.name in RATES else None
        if quantity is not None:
            rates[one.name] = quantity.to("kbit/s")
        elif not is_number_name(one.name):
            others[one.name] = one.value
    said = {RATES[name]: f"{rate.amount.normalize():f}" for name, rate in rates.items()}
    said |= {"rateUnit": words.units.inverse("kbit/s")} if said else {}
    return said | ({"parameters": orjson.dumps(others).decode()} if others else {})


def _characteristics(item: ServiceOrderItem) -> Iterator[Characteristic]:
    if item.service is not None:
        yield from (one for one in item.service.characteristics if one.name != PRODUCT_ITEM)
    for step in item.modify_path:
        value = step.get("value")
        if step.get("op") in {"add", "replace"} and isinstance(value, dict) and isinstance(value.get("name"), str):
            yield Characteristic(name=value["name"], value=value.get("value"))


def _number(characteristics: tuple[Characteristic, ...]) -> str | None:
    found = next((one for one in characteristics if is_number_name(one.name) and one.value), None)
    return "".join(str(found.value).split()) if found else None


def _sold(message: Message, item: ServiceOrderItem) -> ProductOrderItem | None:
    return message.order.item(item.product_item_id) if message.order and item.product_item_id else None


def _site(message: Message, item: ServiceOrderItem, sold: ProductOrderItem | None) -> str | None:
    if sold is not None:
        return place_of(message, sold)
    places = item.service.places if item.service else ()
    return places[0].id if places else None

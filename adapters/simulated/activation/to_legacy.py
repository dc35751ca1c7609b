"""From canonical to the activation system's XML. Pure."""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import orjson

from adapters.sdk.messages import customer_reference, offering_of, place_of, stated
from adapters.sdk.xml import element
from adapters.simulated.activation.words import Words, is_number_name
from gateway.canonical.common import Characteristic
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.quantity import Quantity, read_quantity
from gateway.canonical.service_order import PRODUCT_ITEM, ServiceOrderItem
from gateway.canonical.states import ItemAction, ProductStatus, ServiceState
from gateway.ports.adapter import Message

__all__ = [
    "find_services",
    "item_reference",
    "number_of",
    "operation_for",
    "reserve_resource",
    "resumes",
    "service_request",
]

_DIRECTIONS = {"downstreamRate": "D", "upstreamRate": "U"}


def item_reference(item: ServiceOrderItem) -> str:
    """Return the name under which a service item stands there: `<product item>.<service item>`, or its own id."""
    return f"{item.product_item_id}.{item.id}" if item.product_item_id else item.id


def resumes(message: Message, item: ServiceOrderItem) -> bool:
    """Whether an item takes up a product again that the customer systems show as suspended."""
    sold = _sold(message, item)
    held = message.reference.product(sold.product.id) if sold and sold.product else None
    wanted = sold.product.status if sold and sold.product else None
    return held is not None and held.status == ProductStatus.SUSPENDED and wanted == ProductStatus.ACTIVE


def find_services(message: Message, item: ServiceOrderItem) -> Element:
    """Return the request that finds what was inserted for an item, or the service that it changes."""
    if item.action is ItemAction.ADD:
        return _asked("FindServices", orderRef=message.reference_key, itemRef=item_reference(item))
    known = message.legacy_ids.get(f"activation {item_reference(item)}")
    if known is not None:
        return _asked("FindServices", serviceId=known)
    if item.service is not None and item.service.id is not None:
        return _asked("FindServices", serviceId=item.service.id)
    sold = _sold(message, item)
    return _asked("FindServices", product=sold.product.id if sold and sold.product else "")


def operation_for(item: ServiceOrderItem, legacy_state: str, words: Words) -> str:
    """Return the operation that does what an item asks, given the state that its service is in."""
    if item.action is ItemAction.ADD:
        return "InsertService"
    if item.action is ItemAction.DELETE:
        return "CeaseService"
    wanted = item.service.state if item.service else None
    if wanted == ServiceState.INACTIVE:
        return "SuspendService"
    if words.states.translate(legacy_state) == ServiceState.INACTIVE:
        return "ResumeService"
    return "ChangeService"


def service_request(operation: str, message: Message, item: ServiceOrderItem, words: Words, service_id: str) -> Element:
    """Return the request of an operation. Raises UnknownCode for a specification that the table lacks."""
    sold = _sold(message, item)
    said: dict[str, str | None] = {
        "orderRef": message.reference_key,
        "itemRef": item_reference(item),
        "custRef": customer_reference(message),
        "serviceId": service_id or None,
        "soldItem": item.product_item_id,
    }
    if operation in {"InsertService", "ChangeService"}:
        said |= _resources(message, item)
    if operation == "InsertService":
        spec = item.service.specification.id if item.service and item.service.specification else ""
        offering = offering_of(message, sold) if sold else None
        customer = message.order.party("customer") if message.order else None
        said |= {
            "type": words.types.inverse(spec),
            "product": sold.product.id if sold and sold.product else None,
            "offer": offering.id if offering else None,
            "customer": customer.id if customer else None,
            "site": _site(message, item, sold),
        }
    request = _asked(operation, **said)
    if operation in {"InsertService", "ChangeService"}:
        request.extend(_configuration(item, words))
    return request


def reserve_resource(message: Message, item: ProductOrderItem, kind: str, words: Words) -> Element:
    """Return the request that reserves a port, number, SIM or address for an item."""
    wanted = number_of(item.product.characteristics) if kind == "number" and item.product else None
    return _asked(
        "ReserveResource",
        orderRef=message.reference_key,
        itemRef=item.id,
        custRef=customer_reference(message),
        kind=words.resources.inverse(kind),
        wanted=words.fields.write("msisdn", wanted) if wanted else None,
    )


def number_of(characteristics: tuple[Characteristic, ...]) -> str | None:
    """Return the telephone number among characteristics, without blanks, or None."""
    found = next((one for one in characteristics if is_number_name(one.name) and one.value), None)
    return "".join(str(found.value).split()) if found else None


def _resources(message: Message, item: ServiceOrderItem) -> dict[str, str | None]:
    reserved = stated(message.facts, "resource.reserved", item.subject)
    bound = stated(message.facts, "device.bound", item.subject)
    value: dict[str, Any] = reserved.value if reserved else {}
    ordered = number_of(item.service.characteristics) if item.service else None
    number = ordered or value.get("number")
    addresses = value.get("ipv4") or [None]
    return {
        "serial": bound.value.get("serial") if bound else None,
        "port": value.get("port"),
        "msisdn": str(number).removeprefix("+") if number else None,
        "iccid": value.get("iccid"),
        "ip": addresses[0],
    }


def _configuration(item: ServiceOrderItem, words: Words) -> Iterator[Element]:
    rates: dict[str, Quantity] = {}
    for one in _wanted(item):
        quantity = read_quantity(one.value) if one.name in _DIRECTIONS else None
        if quantity is not None:
            rates[one.name] = quantity
        elif not is_number_name(one.name):
            yield _parameter(one)
    profile = words.profiles.profile_for(_complete(rates, words))
    if profile is not None:
        yield element("profile", profile)
        return
    for name, quantity in rates.items():
        in_kbit = quantity.to("kbit/s")
        code = words.units.inverse("kbit/s")
        yield element("rate", str(in_kbit.amount), {"dir": _DIRECTIONS[name], "unit": code})


def _complete(rates: dict[str, Quantity], words: Words) -> dict[str, Quantity]:
    """Return the rates with the upstream that the only profile of that downstream has, where none was ordered."""
    if set(rates) != {"downstreamRate"}:
        return rates
    same = [
        both
        for both in map(words.profiles.profile, words.profiles.codes)
        if both["downstreamRate"].base == rates["downstreamRate"].base
    ]
    return dict(same[0]) if len(same) == 1 else rates


def _wanted(item: ServiceOrderItem) -> Iterator[Characteristic]:
    if item.service is not None:
        yield from (one for one in item.service.characteristics if one.name != PRODUCT_ITEM)
    for step in item.modify_path:
        value = step.get("value")
        if step.get("op") in {"add", "replace"} and isinstance(value, dict) and isinstance(value.get("name"), str):
            yield Characteristic(name=value["name"], value=value.get("value"))


def _parameter(one: Characteristic) -> Element:
    if isinstance(one.value, str):
        return element("param", one.value, {"name": one.name, "type": "text"})
    return element("param", orjson.dumps(one.value).decode(), {"name": one.name, "type": "json"})


def _sold(message: Message, item: ServiceOrderItem) -> ProductOrderItem | None:
    return message.order.item(item.product_item_id) if message.order and item.product_item_id else None


def _site(message: Message, item: ServiceOrderItem, sold: ProductOrderItem | None) -> str | None:
    if sold is not None:
        return place_of(message, sold)
    places = item.service.places if item.service else ()
    return places[0].id if places else None


def _asked(operation: str, **parts: str | None) -> Element:
    return element(operation, None, None, *(element(name, text) for name, text in parts.items() if text is not None))

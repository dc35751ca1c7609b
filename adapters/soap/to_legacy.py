"""From canonical to the parts of a request, as the mapping says. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.sdk.messages import offering_of, place_of, stated
from adapters.sdk.services import item_reference, product_of, rates_of, sold_item, verb_of
from adapters.soap.mapping import Call, Member
from adapters.soap.words import Words
from gateway.canonical.quantity import Quantity
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ServiceState
from gateway.ports.adapter import Message

__all__ = ["MEMBERS", "identity_name", "parts_of", "undoing"]

_REACHES = {"suspend": ServiceState.INACTIVE, "delete": ServiceState.TERMINATED}


def identity_name(item: ServiceOrderItem) -> str:
    """Return the name under which the gateway keeps an item's service."""
    return f"service {item_reference(item)}"


def parts_of(
    call: Call, message: Message, item: ServiceOrderItem, words: Words, service_id: str | None
) -> dict[str, Any]:
    """Return the parts of a request; what is not known is left out. Raises UnknownCode."""
    rates, asked = rates_of(item), _Asked(message, item, words, service_id)
    said = {
        part: _made(member, words, rates) if isinstance(member, Member) else MEMBERS[member](asked)
        for part, member in call.send.items()
    }
    return {part: value for part, value in said.items() if value is not None}


def undoing(call: Call, message: Message, item: ServiceOrderItem, words: Words, service_id: str) -> dict[str, Any]:
    """Return the parts of the request that ends what an item made, under a name of its own."""
    own: dict[str | Member, str] = {
        "reference": message.reference_key,
        "item": f"cancel {item_reference(item)}",
        "id": service_id,
        "state": words.states.inverse(ServiceState.TERMINATED),
    }
    return {part: own[member] for part, member in call.send.items() if member in own}


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that may go into a part."""

    message: Message
    item: ServiceOrderItem
    words: Words
    service_id: str | None


def _offering(asked: _Asked) -> str | None:
    sold = sold_item(asked.message, asked.item)
    offering = offering_of(asked.message, sold) if sold else None
    return offering.id if offering else None


def _customer(asked: _Asked) -> str | None:
    customer = asked.message.order.party("customer") if asked.message.order else None
    return customer.id if customer else None


def _specification(asked: _Asked) -> str:
    service = asked.item.service
    return asked.words.types.inverse((service.specification.id if service and service.specification else None) or "")


def _place(asked: _Asked) -> str | None:
    sold = sold_item(asked.message, asked.item)
    if sold is not None:
        return place_of(asked.message, sold)
    places = asked.item.service.places if asked.item.service else ()
    return places[0].id if places else None


def _resource(name: str) -> Callable[[_Asked], Any]:
    def said(asked: _Asked) -> Any:
        bound = stated(asked.message.facts, "device.bound", asked.item.subject)
        reserved = stated(asked.message.facts, "resource.reserved", asked.item.subject)
        value = ((bound.value if bound else {}) | (reserved.value if reserved else {})).get(name)
        return value[0] if isinstance(value, list) and value else value or None

    return said


MEMBERS: Mapping[str, Callable[[_Asked], Any]] = {
    "reference": lambda asked: asked.message.reference_key,
    "item": lambda asked: item_reference(asked.item),
    "product": lambda asked: product_of(asked.message, asked.item),
    "offering": _offering,
    "customer": _customer,
    "place": _place,
    "id": lambda asked: asked.service_id,
    "specification": _specification,
    "state": lambda asked: asked.words.states.inverse(
        _REACHES.get(verb_of(asked.message, asked.item), ServiceState.ACTIVE)
    ),
    **{name: _resource(name) for name in ("ipv4", "port", "number", "iccid", "serial")},
}
"""What of ours can be sent, by the name that a mapping gives it."""


def _made(member: Member, words: Words, rates: Mapping[str, Quantity]) -> Any:
    if member.text is not None:
        return member.text
    assert member.unit is not None
    if member.rate is None:
        return words.units.inverse(member.unit) if rates else None
    rate = rates.get(member.rate)
    return rate.to(member.unit).amount if rate is not None else None

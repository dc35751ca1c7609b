"""From canonical to an order of the upstream's API and version. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.sdk.messages import product_items, service_items
from adapters.sdk.services import RATES, product_resumes, rates_of, verb_of, wanted
from adapters.tmf.dialect import Dialect
from adapters.tmf.settings import Face, TmfSettings
from adapters.tmf.words import NO_PART, Line, Words
from gateway.canonical.common import Characteristic, Place
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.quantity import read_quantity
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction, ProductStatus
from gateway.ports.adapter import Message
from gateway.ports.errors import UnknownCode

__all__ = ["has_id", "identity_name", "lines_of", "order_for", "subject_of"]


def identity_name(message: Message) -> str:
    """Return the name under which the gateway keeps the upstream's order."""
    return f"tmf {message.reference_key}"


def lines_of(message: Message, face: Face) -> list[Line]:
    """Return the lines that a message asks for; what does not change is none."""
    if face is Face.TMF622:
        return [
            Line(item.id, item.subject, _product_verb(message, item))
            for item in product_items(message)
            if item.action is not ItemAction.NO_CHANGE
        ]
    return [
        Line(_line_name(item), item.subject, verb_of(message, item))
        for _, item in service_items(message)
        if item.action is not ItemAction.NO_CHANGE
    ]


def has_id(message: Message, line: Line, face: Face) -> bool:
    """Whether a line can be ordered: what is new needs no id, and of what is changed the upstream's id is known."""
    if line.verb == "add":
        return True
    if face is Face.TMF622:
        return any(item.id == line.name and _known_product(message, item) for item in product_items(message))
    return any(_line_name(item) == line.name and _known(message, item) for _, item in service_items(message))


def subject_of(name: str, face: Face) -> str:
    """Return what a line of that name is about."""
    return f"item:{name if face is Face.TMF622 else name.rpartition('.')[0]}"


def order_for(
    message: Message, lines: Iterable[Line], settings: TmfSettings, dialect: Dialect, words: Words
) -> dict[str, Any]:
    """Return the order that asks for these lines. Raises UnknownCode."""
    names = {line.name for line in lines}
    body = dialect.named(message.reference_key)
    if settings.face is Face.TMF641:
        found = [item for _, item in service_items(message) if _line_name(item) in names]
        body[dialect.items] = [_service_line(message, item, dialect, words) for item in found]
    else:
        sold = [item for item in product_items(message) if item.id in names]
        body |= _party(settings, dialect)
        body[dialect.items] = [_product_line(message, item, settings, dialect, words) for item in sold]
    return dialect.part(dialect.type, body)


def _line_name(item: ServiceOrderItem) -> str:
    """Return `<product item>.<service item>`, or `<service item>.0` where it serves none."""
    return f"{item.product_item_id}.{item.id}" if item.product_item_id else f"{item.id}{NO_PART}"


def _known(message: Message, item: ServiceOrderItem) -> str | None:
    """Return what the upstream calls an item's service."""
    known = message.legacy_ids.get(f"service {_line_name(item).removesuffix(NO_PART)}")
    return known or (item.service.id if item.service else None)


def _known_product(message: Message, item: ProductOrderItem) -> str | None:
    """Return what the upstream calls an item's product."""
    return message.legacy_ids.get(f"service {item.id}") or (item.product.id if item.product else None)


def _product_verb(message: Message, item: ProductOrderItem) -> str:
    if item.action is not ItemAction.MODIFY:
        return item.action.value
    if item.product and item.product.status == ProductStatus.SUSPENDED:
        return "suspend"
    return "resume" if product_resumes(message, item) else "modify"


def _service_line(message: Message, item: ServiceOrderItem, dialect: Dialect, words: Words) -> dict[str, Any]:
    service = item.service
    spec = service.specification.id if service and service.specification else None
    begins = next((day for so in message.service_orders if (day := so.requested_start or so.order_date)), None)
    said = {
        "id": _known(message, item) if item.action is not ItemAction.ADD else None,
        "state": words.services.inverse(service.state) if service and service.state else None,
        "serviceSpecification": dialect.part("ServiceSpecificationRef", {"id": words.specifications.inverse(spec)})
        if spec
        else None,
        "serviceCharacteristic": _characteristics(item, dialect, words) or None,
        "place": [_place(one, dialect) for one in (service.places if service else ())] or None,
        "serviceDate": begins.isoformat() if begins is not None and dialect.typed else None,  # v5 demands it
    }
    line = {"id": _line_name(item), "action": words.actions.inverse(item.action), "quantity": item.quantity}
    return dialect.part("ServiceOrderItem", line | {"service": dialect.part("Service", said)})


def _product_line(
    message: Message, item: ProductOrderItem, settings: TmfSettings, dialect: Dialect, words: Words
) -> dict[str, Any]:
    product = item.product
    said = {
        "id": _known_product(message, item) if item.action is not ItemAction.ADD else None,
        "status": words.products.inverse(product.status) if product and product.status and _changes(item) else None,
        "productCharacteristic": [
            _characteristic(one.name, _value(one, words), dialect)
            for one in (product.characteristics if product else ())
        ]
        or None,
        "place": [_place(one, dialect) for one in (product.places if product else ())] or None,
    }
    line: dict[str, Any] = {"id": item.id, "action": words.actions.inverse(item.action), "quantity": item.quantity}
    if item.offering is not None:
        line["productOffering"] = dialect.part("ProductOfferingRef", {"id": _offering(item.offering.id, settings)})
    return dialect.part("ProductOrderItem", line | {"product": dialect.part("Product", said)})


def _offering(offering: str | None, settings: TmfSettings) -> str:
    try:
        return settings.offerings[offering or ""]
    except KeyError:
        raise UnknownCode("settings.offerings", offering or "") from None


def _changes(item: ProductOrderItem) -> bool:
    return item.action is ItemAction.MODIFY


def _party(settings: TmfSettings, dialect: Dialect) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if settings.customer is not None:
        ref = {"id": settings.customer, "@referredType": "Customer"}
        typed = {"role": "Customer", "partyOrPartyRole": {"@type": "PartyRef", **ref}}
        party = typed if dialect.typed else {"role": "Customer", **ref}
        said["relatedParty"] = [dialect.part("RelatedPartyRefOrPartyRoleRef", party)]
    if settings.billing_account is not None:
        said["billingAccount"] = dialect.part("BillingAccountRef", {"id": settings.billing_account})
    return said


def _characteristics(item: ServiceOrderItem, dialect: Dialect, words: Words) -> list[dict[str, Any]]:
    rates = rates_of(item)
    return [
        _characteristic(one.name, words.quantity(rates[one.name]) if one.name in rates else one.value, dialect)
        for one in _latest(wanted(item))
    ]


def _latest(characteristics: Iterable[Characteristic]) -> Iterator[Characteristic]:
    """Yield each characteristic once, as it was said last."""
    yield from {one.name: one for one in characteristics}.values()


def _value(one: Characteristic, words: Words) -> Any:
    quantity = read_quantity(one.value) if one.name in RATES else None
    return words.quantity(quantity) if quantity is not None else one.value


def _characteristic(name: str, value: Any, dialect: Dialect) -> dict[str, Any]:
    return dialect.part(_type_of(value), {"name": name, "value": value})


_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "StringCharacteristic"),
    (bool, "BooleanCharacteristic"),
    (int, "IntegerCharacteristic"),
    (float, "NumberCharacteristic"),
)


def _type_of(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "ObjectCharacteristic")


def _place(place: Place, dialect: Dialect) -> dict[str, Any]:
    role = place.role or "installation"
    if dialect.typed:
        ref = {"@type": "PlaceRef", "id": place.id}
        return dialect.part("RelatedPlaceRefOrValue", {"role": role, "place": ref})
    return {"id": place.id, "role": role, "@referredType": "GeographicAddress"}

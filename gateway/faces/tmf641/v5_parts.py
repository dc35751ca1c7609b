"""TMF641 v5.0 (Service Ordering): the tables of what its orders are made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical.common import ExternalReference, ItemRef, Relationship
from gateway.canonical.service_order import Service, ServiceOrderItem
from gateway.canonical.states import ServiceState
from gateway.faces.common_v5 import (
    ACTION,
    CHARACTERISTIC,
    ITEM_STATE,
    PARTY,
    PLACE,
    characteristic_type,
    errors,
    jeopardy_alerts,
    milestones,
    ref,
)
from gateway.faces.rows import Coded, Inline, Instant, Many, One, Own, Plain, Row
from gateway.faces.shape import Shape
from gateway.faces.typed import TYPE, Carried
from gateway.faces.typed_shape import TypedShape

__all__ = [
    "CARRIED_BY_ORDERS",
    "ERROR",
    "ITEM",
    "JEOPARDY_ALERT",
    "MILESTONE",
    "ORDER_STATE",
    "PRODUCT_ORDER_LINK",
    "SERVICE_STATE",
    "ExternalLinks",
    "FormerExternalId",
    "LastError",
    "OrderLinks",
    "with_states_as_objects",
]

ORDER_STATE = ITEM_STATE
"""641 v5 has one list of states for orders and no usable one for items; it lacks `draft` and `inProgress.accepted`."""

SERVICE_STATE = {state.value: state.value for state in ServiceState}

PRODUCT_ORDER_LINK = {"relationshipType": "fulfils", "@referredType": "ProductOrder"}
"""How a service order names the product order that it was made for: an `orderRelationship` of this kind."""

EXTERNAL_ID = "externalId"
"""The kind of an external reference that stands for what v4.1 has in its member of that name."""

_CHARACTERISTIC = Carried(
    derive=characteristic_type, inner={"characteristicRelationship": Carried("CharacteristicRelationship")}
)
_SERVICE = Carried("Service")

CARRIED_BY_ORDERS = {"orderSpecification": Carried("OrderSpecificationRef"), "orderCharacteristic": _CHARACTERISTIC}

_CARRIED_BY_SERVICES = {
    "note": Carried("Note"),
    "externalIdentifier": Carried("ExternalIdentifier"),
    "feature": Carried(
        "Feature",
        inner={
            "featureCharacteristic": _CHARACTERISTIC,
            "featureRelationship": Carried("FeatureRelationship"),
            "policyConstraint": Carried("PolicyRef"),
        },
        renamed={"policyConstraint": "constraint"},
    ),
    "relatedEntity": Carried("RelatedEntityRefOrValue", nested="entity", nested_word="EntityRef"),  # flat in v4
    "serviceOrderItem": Carried("RelatedServiceOrderItem"),
    "serviceRelationship": Carried(
        "ServiceRelationship", inner={"service": _SERVICE, "serviceRelationshipCharacteristic": _CHARACTERISTIC}
    ),
    "supportingService": _SERVICE,
    "supportingResource": Carried("ResourceRef"),
}

ITEM_REF = TypedShape(
    ItemRef,
    {
        "itemId": "item_id",
        "serviceOrderId": "order_id",
        "serviceOrderHref": "order_href",
        "@referredType": "referred_type",
    },
    word="ServiceOrderItemRef",
)

MILESTONE = milestones("ServiceOrderMilestone", "serviceOrderItem", ITEM_REF)
JEOPARDY_ALERT = jeopardy_alerts("ServiceOrderJeopardyAlert", "serviceOrderItem", ITEM_REF)
ERROR = errors("ServiceOrderErrorMessage", "serviceOrderItem", ITEM_REF)

RELATIONSHIP = TypedShape(Relationship, {"id": "id", "relationshipType": "type"}, word="ServiceOrderRelationship")

EXTERNAL_REFERENCE = TypedShape(
    ExternalReference,
    {"id": "id", "href": "href", "name": "name", "externalReferenceType": "type"},
    word="ExternalReference",
)


@dataclass(frozen=True)
class LineReference(Inline):
    """`orderItem` of a relationship between lines: `itemId`, and the `id` that v4.1 has beside it, are read."""

    rows: Mapping[str, Row] = field(default_factory=lambda: {"itemId": Plain("id")})
    spelled: Mapping[str, str] = field(default_factory=lambda: {"id": "itemId"})
    word: str = "ServiceOrderItemRef"

    def spread(self, _key: str) -> Any:
        """The line's id to the relationship; what else is said stays as it came."""

        def spread(value: Any, members: dict[str, Any]) -> dict[str, Any] | None:
            line = value["itemId"] if "itemId" in value else value["id"]
            members["id"] = line
            usual = {"itemId": line, "id": line, TYPE: self.word}
            return {k: v for k, v in value.items() if k not in usual or v != usual[k]} or None

        return spread

    def gather(self) -> Any:
        """The line's id, with the class of the reference."""
        return lambda values: {"itemId": values["id"], TYPE: self.word}

    def completed(self, value: dict[str, Any]) -> dict[str, Any]:
        """The reference as it came, with its class."""
        return {TYPE: self.word, **value}


@dataclass(frozen=True)
class OrderLinks(Inline):
    """`orderRelationship`: links to other orders, and among them the one to the product order."""

    element: Shape[Relationship] | None = RELATIONSHIP
    also: Mapping[str, tuple[str, str | None]] = field(
        default_factory=lambda: (
            {"id": ("product_order_id", None)}
            | {name: ("product_order_id", word) for name, word in PRODUCT_ORDER_LINK.items()}
        )
    )

    def spread(self, _key: str) -> Any:
        """Links to `relationships`; the product order's id to `product_order_id`."""

        def spread(value: Any, members: dict[str, Any]) -> None:
            links = []
            for link in value:
                bare = {k: v for k, v in link.items() if k != TYPE or v != RELATIONSHIP.word}
                if PRODUCT_ORDER_LINK.items() <= bare.items() and "product_order_id" not in members:
                    members["product_order_id"] = bare["id"]
                    if len(bare) == 1 + len(PRODUCT_ORDER_LINK):
                        continue
                links.append(RELATIONSHIP.read(link))
            members["relationships"] = links

        return spread

    def gather(self) -> Any:
        """All links, the product order's last unless it is among them."""

        def gather(values: Mapping[str, Any]) -> Any:
            links = [RELATIONSHIP.write(link) for link in values["relationships"]]
            product_order = values["product_order_id"]
            own = {**PRODUCT_ORDER_LINK, "id": product_order}
            if product_order and not any(own.items() <= link.items() for link in links):
                links.append({**own, TYPE: RELATIONSHIP.word})
            return links or None

        return gather

    def said(self, value: Any) -> Any:
        """Return how links are said; the order's id as it is."""
        return [RELATIONSHIP.write(link) for link in value] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class ExternalLinks(Inline):
    """`externalReference`: v5 has no other place for the external ids of an order, so they are among the references."""

    element: Shape[ExternalReference] | None = EXTERNAL_REFERENCE
    also: Mapping[str, tuple[str, str | None]] = field(
        default_factory=lambda: {
            "id": ("external_ids.value", None),
            "owner": ("external_ids.issuer", None),
            "externalIdentifierType": ("external_ids.scheme", None),
            "externalReferenceType": ("external_ids.value", EXTERNAL_ID),
        }
    )

    def spread(self, _key: str) -> Any:
        """References of the kind that stands for external ids to `external_ids`; others stay."""

        def spread(value: Any, members: dict[str, Any]) -> None:
            ids = [_external_id(one) for one in value if _is_external_id(one)]
            members["external_references"] = [EXTERNAL_REFERENCE.read(one) for one in value if not _is_external_id(one)]
            if ids:
                members["external_ids"] = [*members.get("external_ids", ()), *ids]

        return spread

    def gather(self) -> Any:
        """All references, the external ids last."""

        def gather(values: Mapping[str, Any]) -> Any:
            found = [EXTERNAL_REFERENCE.write(one) for one in values["external_references"]]
            for one in values["external_ids"]:
                said = {"id": one.value, "externalReferenceType": EXTERNAL_ID, TYPE: EXTERNAL_REFERENCE.word}
                said |= {} if one.issuer is None else {"owner": one.issuer}
                said |= {} if one.scheme is None else {"externalIdentifierType": one.scheme}
                found.append(said | one.extras)
            return found or None

        return gather


@dataclass(frozen=True)
class FormerExternalId(Inline):
    """`externalId`, which v5 does not have any more: read as v4.1's text or as TMF622's objects, never said."""

    def spread(self, _key: str) -> Any:
        """Texts and objects with an id to `external_ids`."""

        def spread(value: Any, members: dict[str, Any]) -> None:
            several = value if isinstance(value, list) else [value]
            ids = [{"value": one} if isinstance(one, str) else _external_id(one) for one in several]
            members["external_ids"] = [*members.get("external_ids", ()), *ids]

        return spread

    def gather(self) -> Any:
        """Nothing: `externalReference` says it."""
        return lambda _values: None


def _is_external_id(reference: Mapping[str, Any]) -> bool:
    kind = reference.get("externalReferenceType")
    if not isinstance(reference.get("id"), str) or not isinstance(kind, str):
        return False
    return re.sub(r"[\W_]", "", kind).lower() == EXTERNAL_ID.lower()


def _external_id(one: Mapping[str, Any]) -> dict[str, Any]:
    names = {"id": "value", "owner": "issuer", "externalIdentifierType": "scheme"}
    found: dict[str, Any] = {names[key]: value for key, value in one.items() if key in names}
    known = (*names, "externalReferenceType")
    usual = (EXTERNAL_REFERENCE.word, "ExternalIdentifier")
    rest = {k: v for k, v in one.items() if k not in known and not (k == TYPE and v in usual)}
    return found | ({"extras": rest} if rest else {})


@dataclass(frozen=True)
class LastError(Many):
    """`errorMessage` of an order: v5 has room for one, the model for all; the last is said."""

    def reader(self) -> Any:
        """An object to the only error."""
        shape = self.shape
        return lambda value: [shape.read(value)]

    def writer(self) -> Any:
        """The last error to an object."""
        shape = self.shape
        return lambda value: shape.write(value[-1])


@dataclass(frozen=True)
class ItemState(Coded):
    """`state` of a line: the document has an object without a word for the state, its own examples have the word.

    The word is said; a word and an object that names it as `id`, `state`, `value` or `name` are read.
    """

    def reader(self) -> Any:
        """A word, or an object that names one, to a canonical state; an object that names none says nothing."""
        read = super().reader()

        def read_state(value: Any) -> Any:
            word = self.word(value)
            return None if word is None else read(word)

        return read_state

    def word(self, value: Any) -> Any:
        """Return the word of a wire value."""
        if not isinstance(value, dict):
            return value
        return next((value[key] for key in ("id", "state", "value", "name") if isinstance(value.get(key), str)), None)


def with_states_as_objects(wire: dict[str, Any]) -> dict[str, Any]:
    """Return an order, or a line, whose lines have their state as the object of the document, the word as its `id`."""
    lines = wire.get("serviceOrderItem")
    if not isinstance(lines, list):
        return wire
    return {**wire, "serviceOrderItem": [_with_state_as_object(line) for line in lines]}


def _with_state_as_object(line: dict[str, Any]) -> dict[str, Any]:
    said = with_states_as_objects(line)
    if isinstance(said.get("state"), str):
        said = {**said, "state": {"id": said["state"], TYPE: "ServiceOrderItemStateType"}}
    return said


SERVICE = TypedShape(
    Service,
    {
        "id": "id",
        "href": "href",
        "name": "name",
        "state": Coded("state", table=SERVICE_STATE, target="service-state"),
        "category": "category",
        "serviceType": "service_type",
        "serviceSpecification": One("specification", shape=ref("ServiceSpecificationRef")),
        "serviceCharacteristic": Many("characteristics", shape=CHARACTERISTIC),
        "place": Many("places", shape=PLACE),
        "relatedParty": Many("parties", shape=PARTY),
        "startDate": Instant("start_date"),
        "endDate": Instant("end_date"),
    },
    word="Service",
    carried=_CARRIED_BY_SERVICES,
)

ITEM = TypedShape(
    ServiceOrderItem,
    {
        "id": "id",
        "action": Coded("action", table=ACTION, target="action"),
        "quantity": "quantity",
        "state": ItemState("state", table=ITEM_STATE, target="item-state"),
        "service": One("service", shape=SERVICE),
        "appointment": One("appointment", shape=ref("AppointmentRef")),
        "serviceOrderItemRelationship": Many(
            "relationships",
            shape=TypedShape(
                Relationship,
                {"relationshipType": "type", "orderItem": LineReference()},
                word="ServiceOrderItemRelationship",
            ),
        ),
        "errorMessage": Many("errors", shape=errors("ServiceOrderItemErrorMessage")),
        "modifyPath": Own("modify_path", write=list),
    },
    word="ServiceOrderItem",
)
ITEM.add("serviceOrderItem", Many("items", shape=ITEM))

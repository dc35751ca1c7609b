"""TMF641 v4.1 (Service Ordering): the tables of its wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical.base import Extended
from gateway.canonical.common import (
    ErrorMessage,
    ExternalReference,
    ItemRef,
    JeopardyAlert,
    Milestone,
    Party,
    Relationship,
)
from gateway.canonical.lifecycle import CancelTask, Event, ResourceKind
from gateway.canonical.service_order import Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import OrderState, ServiceState, TaskState
from gateway.faces.common_v4 import (
    ACTION,
    ALWAYS_UNCHANGEABLE,
    CHARACTERISTIC,
    EXTERNAL_ID,
    NOTE,
    ORDER_STATE,
    PLACE,
    REF,
)
from gateway.faces.events import envelope
from gateway.faces.patch import changed
from gateway.faces.paths import wire_path_of
from gateway.faces.rows import Coded, Computed, Fixed, Inline, Instant, Many, One, Plain, Row
from gateway.faces.shape import Shape
from gateway.faces.spoke import ResourceSpoke, Spoke

__all__ = [
    "SPOKE",
    "event_to_wire",
    "order_from_wire",
    "order_patch_from_wire",
    "order_to_wire",
    "task_from_wire",
    "task_to_wire",
    "wire_path",
]

SERVICE_STATE = {
    ServiceState.INACTIVE.value: "inactive",
    **{state.value: state.value for state in ServiceState},
    ServiceState.SUSPENDED.value: "inactive",  # v4.1 has no word for it
}

TASK_STATE = {
    TaskState.ACCEPTED: "accepted",
    TaskState.ACKNOWLEDGED: "accepted",  # the word of TMF622 for the same state
    TaskState.IN_PROGRESS: "inProgress",
    TaskState.DONE: "done",
    TaskState.TERMINATED_WITH_ERROR: "terminatedWithError",
    TaskState.REJECTED: "terminatedWithError",  # v5 says why it ended; v4 says only that it did
    TaskState.CANCELLED: "terminatedWithError",
}

PRODUCT_ORDER_LINK = {"relationshipType": "fulfils", "@referredType": "ProductOrder"}
"""How a service order names the product order that it was made for: an `orderRelationship` of this kind."""


@dataclass(frozen=True)
class LineReference(Inline):
    """`orderItem`: the document demands `id` and declares `itemId`, so both are said, and either is read."""

    rows: Mapping[str, Row] = field(default_factory=lambda: {"itemId": Plain("id")})
    spelled: Mapping[str, str] = field(default_factory=lambda: {"id": "itemId"})

    def spread(self, _key: str) -> Any:
        """The line's id to the relationship; what differs from it stays as it came."""

        def spread(value: Any, members: dict[str, Any]) -> dict[str, Any] | None:
            line = value["itemId"] if "itemId" in value else value["id"]
            members["id"] = line
            return {k: v for k, v in value.items() if k not in ("id", "itemId") or v != line} or None

        return spread

    def gather(self) -> Any:
        """Both spellings of the line's id."""
        return lambda values: {"id": values["id"], "itemId": values["id"]}

    def completed(self, value: dict[str, Any]) -> dict[str, Any]:
        """The reference as it came, in both spellings."""
        line = value.get("itemId", value.get("id", ""))
        return {"id": line, "itemId": line, **value}


@dataclass(frozen=True)
class OrderLinks(Inline):
    """`orderRelationship`: links to other orders, and among them the one to the product order."""

    element: Shape[Relationship] | None = None
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
                if PRODUCT_ORDER_LINK.items() <= link.items() and "product_order_id" not in members:
                    members["product_order_id"] = link["id"]
                    if len(link) == 1 + len(PRODUCT_ORDER_LINK):
                        continue
                links.append(RELATIONSHIP.read(link))
            members["relationships"] = links

        return spread

    def gather(self) -> Any:
        """All links, the product order's last unless it is among them."""

        def gather(values: Mapping[str, Any]) -> Any:
            links = [RELATIONSHIP.write(link) for link in values["relationships"]]
            product_order = values["product_order_id"]
            if product_order and not any(
                {**PRODUCT_ORDER_LINK, "id": product_order}.items() <= link.items() for link in links
            ):
                links.append({"id": product_order, **PRODUCT_ORDER_LINK})
            return links or None

        return gather

    def said(self, value: Any) -> Any:
        """Return how links are said, so that one without a kind is told to be as it was; the order's id as it is."""
        return [RELATIONSHIP.write(link) for link in value] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class ItemRefs(Many):
    """The lines that a milestone, an alert or an error is about: `id` is demanded and `itemId` declared here too."""

    spelled: Mapping[str, str] = field(default_factory=lambda: {"id": "itemId"})

    def reader(self) -> Any:
        """References by either spelling of the line's id; an `id` that differs from `itemId` stays as it came."""
        read = super().reader()

        def read_refs(value: Any) -> Any:
            if type(value) is not list:
                raise TypeError("an array is wanted")
            return read([_one_spelling(one) for one in value])

        return read_refs

    def writer(self) -> Any:
        """References with both spellings of the line's id."""
        write = super().writer()
        return lambda value: [{"id": one.get("itemId", ""), **one} for one in write(value)]


def _one_spelling(ref: Any) -> Any:
    line = ref.get("itemId", ref.get("id") or None)
    if line is None and ref.get("id") == "":  # said because it is demanded
        return {key: value for key, value in ref.items() if key != "id"}
    if line is None or ref.get("id", line) != line:
        return ref
    return {key: value for key, value in ref.items() if key != "id"} | {"itemId": line}


PARTY = Shape(
    Party,
    {
        "id": Plain("id", fallback="", always=True),
        "href": "href",
        "name": "name",
        "role": "role",
        "@referredType": Plain("referred_type", fallback="Party", always=True),
        "@type": Fixed(word="RelatedParty"),  # TMF641 v4.1 demands it of every party
    },
)

EXTERNAL_REFERENCE = Shape(
    ExternalReference,
    {
        "id": "id",
        "href": "href",
        "name": Plain("name", fallback="external", always=True),
        "externalReferenceType": "type",
    },
)

RELATIONSHIP = Shape(
    Relationship,
    {"id": Plain("id", fallback="", always=True), "relationshipType": Plain("type", fallback="related", always=True)},
)

ITEM_REF = Shape(
    ItemRef,
    {
        "itemId": "item_id",
        "serviceOrderId": "order_id",
        "serviceOrderHref": "order_href",
        "@referredType": "referred_type",
    },
)

MILESTONE = Shape(
    Milestone,
    {
        "id": "id",
        "name": "name",
        "description": "description",
        "message": "message",
        "status": "status",
        "milestoneDate": Instant("milestone_date"),
        "serviceOrderItem": ItemRefs("items", shape=ITEM_REF),
    },
)

JEOPARDY_ALERT = Shape(
    JeopardyAlert,
    {
        "id": "id",
        "name": "name",
        "message": "message",
        "exception": "exception",
        "jeopardyType": "jeopardy_type",
        "alertDate": Instant("alert_date"),
        "serviceOrderItem": ItemRefs("items", shape=ITEM_REF),
    },
)

_ERROR_ROWS: dict[str, Row | str] = {
    "code": "code",
    "reason": "reason",
    "message": "message",
    "status": "status",
    "referenceError": "reference_error",
    "timestamp": Instant("timestamp"),
}

ERROR = Shape(ErrorMessage, _ERROR_ROWS | {"serviceOrderItem": ItemRefs("items", shape=ITEM_REF)})
ITEM_ERROR = Shape(ErrorMessage, _ERROR_ROWS)

LINE_RELATIONSHIP = Shape(Relationship, {"relationshipType": "type", "orderItem": LineReference()})

FEATURE = Shape(
    Extended,
    {
        "name": Plain("name", fallback="", always=True),
        "featureCharacteristic": Many("characteristics", shape=CHARACTERISTIC, always=True),
    },
)

SERVICE = Shape(
    Service,
    {
        "id": "id",
        "href": "href",
        "name": "name",
        "state": Coded("state", table=SERVICE_STATE, target="service-state"),
        "category": "category",
        "serviceType": "service_type",
        "serviceSpecification": One("specification", shape=REF),
        "serviceCharacteristic": Many("characteristics", shape=CHARACTERISTIC),
        "place": Many("places", shape=PLACE),
        "relatedParty": Many("parties", shape=PARTY),
        "startDate": Instant("start_date"),
        "endDate": Instant("end_date"),
    },
    demanded={"feature": FEATURE},
)

ITEM = Shape(
    ServiceOrderItem,
    {
        "id": "id",
        "action": Coded("action", table=ACTION, target="action"),
        "quantity": "quantity",
        "state": Coded("state", table=ORDER_STATE, target="item-state"),
        "service": One("service", shape=SERVICE, always=True),
        "appointment": One("appointment", shape=REF),
        "serviceOrderItemRelationship": Many("relationships", shape=LINE_RELATIONSHIP),
        "errorMessage": Many("errors", shape=ITEM_ERROR),
    },
)
ITEM.add("serviceOrderItem", Many("items", shape=ITEM))

ORDER = Shape(
    ServiceOrder,
    {
        "id": "id",
        "href": Computed(),
        "state": Coded("state", table=ORDER_STATE, target="order-state"),
        "externalId": EXTERNAL_ID,
        "externalReference": Many("external_references", shape=EXTERNAL_REFERENCE),
        "category": "category",
        "description": "description",
        "priority": "priority",
        "orderDate": Instant("order_date"),
        "requestedStartDate": Instant("requested_start"),
        "requestedCompletionDate": Instant("requested_completion"),
        "expectedCompletionDate": Instant("expected_completion"),
        "completionDate": Instant("completion_date"),
        "startDate": Instant("start_date"),
        "cancellationDate": Instant("cancellation_date"),
        "cancellationReason": "cancellation_reason",
        "relatedParty": Many("parties", shape=PARTY),
        "note": Many("notes", shape=NOTE),
        "orderRelationship": OrderLinks(covers=("relationships", "product_order_id"), element=RELATIONSHIP),
        "milestone": Many("milestones", shape=MILESTONE),
        "jeopardyAlert": Many("jeopardies", shape=JEOPARDY_ALERT),
        "errorMessage": Many("errors", shape=ERROR),
        "serviceOrderItem": Many("items", shape=ITEM, always=True),
    },
)

TASK = Shape(
    CancelTask,
    {
        "id": "id",
        "href": Computed(),
        "cancellationReason": "reason",
        "requestedCancellationDate": Instant("requested_date"),
        "effectiveCancellationDate": Instant("effective_date"),
        "serviceOrder": One("order", shape=REF, always=True),
        "state": Coded("state", table=TASK_STATE, target="task-state"),
    },
    constants={"kind": ResourceKind.CANCEL_SERVICE_ORDER},
)

_ORDERS = ResourceSpoke(
    kind=ResourceKind.SERVICE_ORDER,
    name="serviceOrder",
    shape=ORDER,
    schema="ServiceOrder",
    update="ServiceOrder_Update",
    unchangeable=ALWAYS_UNCHANGEABLE | {"orderDate", "errorMessage", "jeopardyAlert", "milestone"},
    events=frozenset(
        {"create", "attributeValueChange", "delete", "stateChange", "informationRequired", "milestone", "jeopardy"}
    ),
    hidden=frozenset({OrderState.DRAFT}),  # v4 clients do not know drafts
)
_TASKS = ResourceSpoke(
    kind=ResourceKind.CANCEL_SERVICE_ORDER,
    name="cancelServiceOrder",
    shape=TASK,
    schema="CancelServiceOrder",
    events=frozenset({"create", "stateChange", "informationRequired"}),
)

SPOKE = Spoke(
    face="tmf641-v4",
    document="tmf641/v4.yaml",
    base="/tmf-api/serviceOrdering/v4",
    title="Service Ordering",
    resources=(_ORDERS, _TASKS),
    envelope=envelope,
)


def order_from_wire(wire: Mapping[str, Any]) -> ServiceOrder:
    """Return the service order that a body says. Raises ValueError where it has not even the shape of one."""
    return _ORDERS.from_wire(wire)


def order_to_wire(order: ServiceOrder, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v4 says a service order; `base` is the face's absolute address."""
    return _ORDERS.to_wire(order, base)


def order_patch_from_wire(stored: ServiceOrder, patch: Mapping[str, Any]) -> ServiceOrder:
    """Return the order as a merge patch (RFC 7396) wants it; what v4 cannot see stays. Raises FaceError."""
    return changed(_ORDERS, stored, patch)


def task_from_wire(wire: Mapping[str, Any]) -> CancelTask:
    """Return the cancel task that a body says. Raises ValueError."""
    return _TASKS.from_wire(wire)


def task_to_wire(task: CancelTask, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v4 says a cancel task."""
    return _TASKS.to_wire(task, base)


def event_to_wire(event: Event, base: str = SPOKE.base) -> dict[str, Any] | None:
    """Return the notification of an event, None where v4 has no such event."""
    return SPOKE.event_to_wire(event, base)


def wire_path(path: str) -> str:
    """Return a canonical path of a service order as v4 says it: `items[1].id` → `serviceOrderItem[1].id`."""
    return wire_path_of(ORDER, path, roots=("service_order",))

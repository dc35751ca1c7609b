"""TMF641 v5.0 (Service Ordering): the tables of its wire."""

from collections.abc import Mapping
from typing import Any

from gateway.canonical.lifecycle import CancelTask, Event, ResourceKind
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import OrderState
from gateway.faces.common_v5 import ALWAYS_UNCHANGEABLE, NOTE, PARTY, TASK_STATE, ref
from gateway.faces.events_v5 import envelope
from gateway.faces.patch import changed
from gateway.faces.paths import wire_path_of
from gateway.faces.rows import Coded, Computed, Instant, Many, One
from gateway.faces.spoke import ResourceSpoke, Spoke
from gateway.faces.tmf641.v5_parts import (
    CARRIED_BY_ORDERS,
    ERROR,
    ITEM,
    JEOPARDY_ALERT,
    MILESTONE,
    ORDER_STATE,
    ExternalLinks,
    FormerExternalId,
    LastError,
    OrderLinks,
    with_states_as_objects,
)
from gateway.faces.typed_shape import TypedShape

__all__ = [
    "LOSSY",
    "NOT_DEMANDED",
    "PREFERENCES",
    "SPOKE",
    "event_to_wire",
    "order_from_wire",
    "order_patch_from_wire",
    "order_to_wire",
    "task_from_wire",
    "task_to_wire",
    "wire_path",
]

LOSSY = {
    "state draft → acknowledged": "641 has no drafts: such orders are not shown, this is only a word for them",
    "state inProgress.accepted → inProgress": "641 has no finer word; a change that does not touch it keeps it",
    "item state as an object → a word": "the document's object has no member for the state; its examples have words. "
    "The object, with the word as its id, is for who asks: `Prefer: item-state=object`",
    "errorMessage: the last of several": "v5 has room for one, v4.1 for all; the others are kept",
    "external ids → externalReference of the kind externalId": "v5 has dropped externalId; nobody loses an id by it",
    "task state accepted → acknowledged": "the word of v4.1 for the same state",
    "@type that is v4's name of a class → v5's name": "it says nothing beyond where the object stands",
    "relatedParty, place as v4 has them → an object inside": "v4's form is read; v5 nests",
}
"""What this wire says otherwise than it was sent or than the model has it, and why nobody is misled."""

PREFERENCES = {"item-state=object": with_states_as_objects}
"""What a client can ask to be said as the document has it, by a Prefer header (RFC 7240)."""

NOT_DEMANDED = {"CancelServiceOrder_FVO": frozenset({"ServiceOrder"})}
"""What the document requires and the gateway does not: it lists the order twice, once with a capital, which neither
its properties nor its own example have. The document keeps the fact; the usual form is taken, and so is the double."""

ORDER = TypedShape(
    ServiceOrder,
    {
        "id": "id",
        "href": Computed(),
        "state": Coded("state", table=ORDER_STATE, target="order-state"),
        "externalId": FormerExternalId(),
        "externalReference": ExternalLinks(covers=("external_references", "external_ids")),
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
        "orderRelationship": OrderLinks(covers=("relationships", "product_order_id")),
        "milestone": Many("milestones", shape=MILESTONE),
        "jeopardyAlert": Many("jeopardies", shape=JEOPARDY_ALERT),
        "errorMessage": LastError("errors", shape=ERROR),
        "serviceOrderItem": Many("items", shape=ITEM, always=True),
    },
    word="ServiceOrder",
    carried=CARRIED_BY_ORDERS,
)

TASK = TypedShape(
    CancelTask,
    {
        "id": "id",
        "href": Computed(),
        "cancellationReason": "reason",
        "requestedCancellationDate": Instant("requested_date"),
        "effectiveCancellationDate": Instant("effective_date"),
        "serviceOrder": One("order", shape=ref("ServiceOrderRef")),
        "state": Coded("state", table=TASK_STATE, target="task-state"),
    },
    word="CancelServiceOrder",
    constants={"kind": ResourceKind.CANCEL_SERVICE_ORDER},
)

_ORDERS = ResourceSpoke(
    kind=ResourceKind.SERVICE_ORDER,
    name="serviceOrder",
    shape=ORDER,
    schema="ServiceOrder",
    update="ServiceOrder_MVO",
    unchangeable=ALWAYS_UNCHANGEABLE | {"orderDate", "errorMessage", "jeopardyAlert", "milestone"},
    events=frozenset(
        {"create", "attributeValueChange", "delete", "stateChange", "informationRequired", "milestone", "jeopardy"}
    ),
    event_members=dict.fromkeys(  # the document begins the member with a capital in all events but one
        ("create", "attributeValueChange", "delete", "stateChange", "milestone", "jeopardy"), "ServiceOrder"
    ),
    hidden=frozenset({OrderState.DRAFT}),  # 641 knows no drafts
    preferences=PREFERENCES,
)
_TASKS = ResourceSpoke(
    kind=ResourceKind.CANCEL_SERVICE_ORDER,
    name="cancelServiceOrder",
    shape=TASK,
    schema="CancelServiceOrder",
    events=frozenset({"create", "stateChange", "informationRequired"}),
    event_members=dict.fromkeys(("create", "stateChange"), "CancelServiceOrder"),  # the same
)

SPOKE = Spoke(
    face="tmf641-v5",
    document="tmf641/v5.yaml",
    base="/tmf-api/serviceOrdering/v5",
    title="Service Ordering",
    resources=(_ORDERS, _TASKS),
    envelope=envelope,
    partial_status=200,  # v5 documents declare 200 alone
    hub_type="Hub",
    heard_status=204,
    not_demanded=NOT_DEMANDED,
)


def order_from_wire(wire: Mapping[str, Any]) -> ServiceOrder:
    """Return the service order that a body says. Raises ValueError where it has not even the shape of one."""
    return _ORDERS.from_wire(wire)


def order_to_wire(order: ServiceOrder, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v5 says a service order; `base` is the face's absolute address."""
    return _ORDERS.to_wire(order, base)


def order_patch_from_wire(stored: ServiceOrder, patch: Mapping[str, Any]) -> ServiceOrder:
    """Return the order as a merge patch (RFC 7396) wants it; what v5 cannot see stays. Raises FaceError."""
    return changed(_ORDERS, stored, patch)


def task_from_wire(wire: Mapping[str, Any]) -> CancelTask:
    """Return the cancel task that a body says. Raises ValueError."""
    return _TASKS.from_wire(wire)


def task_to_wire(task: CancelTask, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v5 says a cancel task."""
    return _TASKS.to_wire(task, base)


def event_to_wire(event: Event, base: str = SPOKE.base) -> dict[str, Any] | None:
    """Return the notification of an event, None where v5 has no such event."""
    return SPOKE.event_to_wire(event, base)


def wire_path(path: str) -> str:
    """Return a canonical path of a service order as v5 says it: `items[1].id` → `serviceOrderItem[1].id`."""
    return wire_path_of(ORDER, path, roots=("service_order",))

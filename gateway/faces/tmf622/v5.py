"""TMF622 v5.0 (Product Ordering): the tables of its wire."""

from collections.abc import Mapping
from typing import Any

from gateway.canonical.lifecycle import CancelTask, Event, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.faces.common_v5 import ALWAYS_UNCHANGEABLE, NOTE, PARTY, TASK_STATE, ref
from gateway.faces.events_v5 import envelope
from gateway.faces.patch import changed
from gateway.faces.paths import wire_path_of
from gateway.faces.rows import Coded, Computed, Instant, Many, One
from gateway.faces.spoke import ResourceSpoke, Spoke
from gateway.faces.tmf622.v5_parts import (
    BILLING_ACCOUNT,
    CARRIED_BY_ORDERS,
    ERROR,
    EXTERNAL_ID,
    INITIAL_STATE,
    ITEM,
    JEOPARDY_ALERT,
    MILESTONE,
    ORDER_RELATIONSHIP,
    ORDER_STATE,
    ExternalIds,
)
from gateway.faces.typed_shape import TypedShape

__all__ = [
    "LOSSY",
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
    "item state draft → acknowledged": "v5 has drafts of whole orders only; an item waits with its order",
    "item state inProgress.accepted → inProgress": "v5 has the finer word for whole orders only",
    "task state accepted → acknowledged": "the word of TMF641 v4.1 for the same state",
    "@type that is v4's name of a class → v5's name": "it says nothing beyond where the object stands",
    "externalId as a text → an object": "v4's form is read; v5 has objects",
    "relatedParty, place, channel as v4 has them → an object inside": "v4's form is read; v5 nests",
}
"""What this wire says otherwise than it was sent or than the model has it, and why nobody is misled."""

ORDER = TypedShape(
    ProductOrder,
    {
        "id": "id",
        "href": Computed(),
        "state": Coded("state", table=ORDER_STATE, target="order-state"),
        "requestedInitialState": Coded("requested_initial_state", table=INITIAL_STATE, target="order-state"),
        "externalId": ExternalIds("external_ids", shape=EXTERNAL_ID),
        "category": "category",
        "description": "description",
        "priority": "priority",
        "creationDate": Instant("order_date"),
        "requestedStartDate": Instant("requested_start"),
        "requestedCompletionDate": Instant("requested_completion"),
        "expectedCompletionDate": Instant("expected_completion"),
        "completionDate": Instant("completion_date"),
        "cancellationDate": Instant("cancellation_date"),
        "cancellationReason": "cancellation_reason",
        "relatedParty": Many("parties", shape=PARTY),
        "billingAccount": One("billing_account", shape=BILLING_ACCOUNT),
        "note": Many("notes", shape=NOTE),
        "orderRelationship": Many("relationships", shape=ORDER_RELATIONSHIP),
        "productOrderMilestone": Many("milestones", shape=MILESTONE),
        "productOrderJeopardyAlert": Many("jeopardies", shape=JEOPARDY_ALERT),
        "productOrderErrorMessage": Many("errors", shape=ERROR),
        "productOrderItem": Many("items", shape=ITEM, always=True),
    },
    word="ProductOrder",
    carried=CARRIED_BY_ORDERS,
)

TASK = TypedShape(
    CancelTask,
    {
        "id": "id",
        "href": Computed(),
        "cancellationReason": "reason",
        "creationDate": Instant("creation_date"),
        "requestedCancellationDate": Instant("requested_date"),
        "effectiveCancellationDate": Instant("effective_date"),
        "productOrder": One("order", shape=ref("ProductOrderRef")),
        "state": Coded("state", table=TASK_STATE, target="task-state"),
    },
    word="CancelProductOrder",
    constants={"kind": ResourceKind.CANCEL_PRODUCT_ORDER},
)

_ORDERS = ResourceSpoke(
    kind=ResourceKind.PRODUCT_ORDER,
    name="productOrder",
    shape=ORDER,
    schema="ProductOrder",
    update="ProductOrder_MVO",
    unchangeable=ALWAYS_UNCHANGEABLE | {"creationDate", "requestedInitialState"},
    events=frozenset(
        {
            "create",
            "attributeValueChange",
            "delete",
            "stateChange",
            "informationRequired",
            "errorMessage",
            "jeopardy",
            "milestone",
        }
    ),
    suffixes={"jeopardy": "JeopardyAlertEvent"},
)
_TASKS = ResourceSpoke(
    kind=ResourceKind.CANCEL_PRODUCT_ORDER,
    name="cancelProductOrder",
    shape=TASK,
    schema="CancelProductOrder",
    events=frozenset({"create", "stateChange", "informationRequired"}),
    event_members={"stateChange": "canccelProductOrder"},  # the document's slip, in this one event
)

SPOKE = Spoke(
    face="tmf622-v5",
    document="tmf622/v5.yaml",
    base="/tmf-api/productOrderingManagement/v5",
    title="Product Ordering",
    resources=(_ORDERS, _TASKS),
    envelope=envelope,
    partial_status=200,  # v5 documents declare 200 alone
    hub_type="Hub",
    heard_status=204,
)


def order_from_wire(wire: Mapping[str, Any]) -> ProductOrder:
    """Return the order that a body says. Raises ValueError where it has not even the shape of one."""
    return _ORDERS.from_wire(wire)


def order_to_wire(order: ProductOrder, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v5 says an order; `base` is the face's absolute address."""
    return _ORDERS.to_wire(order, base)


def order_patch_from_wire(stored: ProductOrder, patch: Mapping[str, Any]) -> ProductOrder:
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
    """Return a canonical path of a product order as v5 says it: `items[1].id` → `productOrderItem[1].id`."""
    return wire_path_of(ORDER, path, roots=("product_order",))

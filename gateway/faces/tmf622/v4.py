"""TMF622 v4.0 (Product Ordering): the tables of its wire."""

from collections.abc import Mapping
from typing import Any

from gateway.canonical.common import Alteration, Party, Price, Relationship
from gateway.canonical.lifecycle import CancelTask, Event, ResourceKind
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.states import OrderState, ProductStatus, TaskState
from gateway.faces.common_v4 import (
    ACTION,
    ALWAYS_UNCHANGEABLE,
    CHARACTERISTIC,
    EXTERNAL_ID,
    NOTE,
    ORDER_STATE,
    PLACE,
    REF,
    REFERENCE_ROWS,
)
from gateway.faces.events import envelope
from gateway.faces.patch import changed
from gateway.faces.paths import wire_path_of
from gateway.faces.rows import Amount, Coded, Computed, Inline, Instant, Many, Number, One, Plain
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

ITEM_STATE = ORDER_STATE | {OrderState.PARTIAL: "inProgress"}  # TMF622 v4 items have no `partial`

STATUS = {status.value: status.value for status in ProductStatus} | {
    ProductStatus.ABORTED.value: "aborted ",  # TMF622 v4 spells it with a trailing blank; clients compare bytes
}

STATUS_ALIASES = {"aborted": ProductStatus.ABORTED.value}
"""What reads as a status without being one of the document's words."""

TASK_STATE = {
    TaskState.ACKNOWLEDGED: "acknowledged",
    TaskState.ACCEPTED: "acknowledged",  # the word of TMF641 for the same state
    TaskState.IN_PROGRESS: "inProgress",
    TaskState.DONE: "done",
    TaskState.TERMINATED_WITH_ERROR: "terminatedWithError",
    TaskState.REJECTED: "terminatedWithError",  # v5 says why it ended; v4 says only that it did
    TaskState.CANCELLED: "terminatedWithError",
}

_MONEY = {
    "percentage": Number("percentage"),
    "taxRate": Number("tax_rate"),
    "dutyFreeAmount": Amount("net"),
    "taxIncludedAmount": Amount("gross"),
}


PARTY = Shape(
    Party,
    {
        **REFERENCE_ROWS,
        "id": Plain("id", fallback="", always=True),
        "role": "role",
        "@referredType": Plain("referred_type", fallback="Party", always=True),  # demanded by v4, not by v5
    },
)

RELATIONSHIP = Shape(Relationship, {"id": "id", "relationshipType": "type"})

ALTERATION = Shape(
    Alteration,
    {
        "name": "name",
        "description": "description",
        "priceType": "price_type",
        "recurringChargePeriod": "period",
        "applicationDuration": "duration",
        "price": Inline(rows=_MONEY, always=True),
    },
)

PRICE = Shape(
    Price,
    {
        "name": "name",
        "description": "description",
        "priceType": "price_type",
        "recurringChargePeriod": "period",
        "unitOfMeasure": "unit_of_measure",
        "price": Inline(rows=_MONEY),
        "priceAlteration": Many("alterations", shape=ALTERATION),
    },
)

PRODUCT = Shape(
    Product,
    {
        "id": "id",
        "href": "href",
        "name": "name",
        "status": Coded("status", table=STATUS, aliases=STATUS_ALIASES, target="product-status"),
        "isBundle": "is_bundle",
        "productSerialNumber": "serial",
        "productSpecification": One("specification", shape=REF),
        "productCharacteristic": Many("characteristics", shape=CHARACTERISTIC),
        "place": Many("places", shape=PLACE),
        "relatedParty": Many("parties", shape=PARTY),
    },
)

ITEM = Shape(
    ProductOrderItem,
    {
        "id": "id",
        "action": Coded("action", table=ACTION, target="action"),
        "quantity": "quantity",
        "state": Coded("state", table=ITEM_STATE, target="item-state"),
        "productOffering": One("offering", shape=REF),
        "product": One("product", shape=PRODUCT),
        "billingAccount": One("billing_account", shape=REF),
        "appointment": One("appointment", shape=REF),
        "itemPrice": Many("prices", shape=PRICE),
        "productOrderItemRelationship": Many("relationships", shape=RELATIONSHIP),
    },
)
ITEM.add("productOrderItem", Many("items", shape=ITEM))

ORDER = Shape(
    ProductOrder,
    {
        "id": "id",
        "href": Computed(),
        "state": Coded("state", table=ORDER_STATE, target="order-state"),
        "externalId": EXTERNAL_ID,
        "category": "category",
        "description": "description",
        "priority": "priority",
        "orderDate": Instant("order_date"),
        "requestedStartDate": Instant("requested_start"),
        "requestedCompletionDate": Instant("requested_completion"),
        "expectedCompletionDate": Instant("expected_completion"),
        "completionDate": Instant("completion_date"),
        "cancellationDate": Instant("cancellation_date"),
        "cancellationReason": "cancellation_reason",
        "relatedParty": Many("parties", shape=PARTY),
        "billingAccount": One("billing_account", shape=REF),
        "note": Many("notes", shape=NOTE),
        "productOrderItem": Many("items", shape=ITEM, always=True),
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
        "productOrder": One("order", shape=REF, always=True),
        "state": Coded("state", table=TASK_STATE, target="task-state"),
    },
    constants={"kind": ResourceKind.CANCEL_PRODUCT_ORDER},
)

_ORDERS = ResourceSpoke(
    kind=ResourceKind.PRODUCT_ORDER,
    name="productOrder",
    shape=ORDER,
    schema="ProductOrder",
    update="ProductOrder_Update",
    unchangeable=ALWAYS_UNCHANGEABLE | {"orderDate"},
    events=frozenset({"create", "attributeValueChange", "delete", "stateChange", "informationRequired"}),
    hidden=frozenset({OrderState.DRAFT}),  # v4 clients do not know drafts
)
_TASKS = ResourceSpoke(
    kind=ResourceKind.CANCEL_PRODUCT_ORDER,
    name="cancelProductOrder",
    shape=TASK,
    schema="CancelProductOrder",
    events=frozenset({"create", "stateChange", "informationRequired"}),
)

SPOKE = Spoke(
    face="tmf622-v4",
    document="tmf622/v4.yaml",
    base="/tmf-api/productOrderingManagement/v4",
    title="Product Ordering",
    resources=(_ORDERS, _TASKS),
    envelope=envelope,
)


def order_from_wire(wire: Mapping[str, Any]) -> ProductOrder:
    """Return the order that a body says. Raises ValueError where it has not even the shape of one."""
    return _ORDERS.from_wire(wire)


def order_to_wire(order: ProductOrder, base: str = SPOKE.base) -> dict[str, Any]:
    """Return how v4 says an order; `base` is the face's absolute address."""
    return _ORDERS.to_wire(order, base)


def order_patch_from_wire(stored: ProductOrder, patch: Mapping[str, Any]) -> ProductOrder:
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
    """Return a canonical path of a product order as v4 says it: `items[1].id` → `productOrderItem[1].id`."""
    return wire_path_of(ORDER, path, roots=("product_order",))

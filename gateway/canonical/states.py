"""States of the things the gateway keeps, as TM Forum spells them, and what each state means.

A state is never only a word: `blocked_by` says who has to act, `is_final` whether anything can follow.
For TM Forum `pending` waits for the customer and `held` for the provider; other profiles swap the two.
"""

from enum import StrEnum

__all__ = [
    "BLOCKED_BY",
    "FINAL_ORDER_STATES",
    "BillState",
    "BlockedBy",
    "ItemAction",
    "OnDemandState",
    "OrderState",
    "ProductStatus",
    "ServiceState",
    "TaskState",
]


class OrderState(StrEnum):
    """State of a product order, a service order or an item of either; the widest of all versions."""

    DRAFT = "draft"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "inProgress.accepted"
    IN_PROGRESS = "inProgress"
    PENDING = "pending"
    HELD = "held"
    ASSESSING_CANCELLATION = "assessingCancellation"
    PENDING_CANCELLATION = "pendingCancellation"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    REJECTED = "rejected"


FINAL_ORDER_STATES = frozenset(
    {OrderState.CANCELLED, OrderState.COMPLETED, OrderState.PARTIAL, OrderState.FAILED, OrderState.REJECTED}
)


class BlockedBy(StrEnum):
    """Who has to act before a waiting order can go on."""

    CUSTOMER = "customer"
    PROVIDER = "provider"


BLOCKED_BY = {OrderState.PENDING: BlockedBy.CUSTOMER, OrderState.HELD: BlockedBy.PROVIDER}


class ItemAction(StrEnum):
    """What an order item asks for. Moves and suspensions are `modify` or pairs of items, never actions of their own."""

    ADD = "add"
    MODIFY = "modify"
    DELETE = "delete"
    NO_CHANGE = "noChange"


class TaskState(StrEnum):
    """State of a cancel task; TMF622 starts it as `acknowledged`, TMF641 v4.1 as `accepted`."""

    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    IN_PROGRESS = "inProgress"
    DONE = "done"
    TERMINATED_WITH_ERROR = "terminatedWithError"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class OnDemandState(StrEnum):
    """State of a bill that was asked for."""

    IN_PROGRESS = "inProgress"
    REJECTED = "rejected"
    DONE = "done"
    TERMINATED_WITH_ERROR = "terminatedWithError"


class BillState(StrEnum):
    """State of a customer bill (TMF678 v4 and v5)."""

    NEW = "new"
    ON_HOLD = "onHold"
    VALIDATED = "validated"
    SENT = "sent"
    PARTIALLY_PAID = "partiallyPaid"
    SETTLED = "settled"


class ServiceState(StrEnum):
    """State of a service (TMF641)."""

    FEASIBILITY_CHECKED = "feasibilityChecked"
    DESIGNED = "designed"
    RESERVED = "reserved"
    INACTIVE = "inactive"
    ACTIVE = "active"
    TERMINATED = "terminated"
    SUSPENDED = "suspended"


class ProductStatus(StrEnum):
    """Status of a product (TMF622); the wire of TMF622 spells one of them with a trailing blank."""

    CREATED = "created"
    PENDING_ACTIVE = "pendingActive"
    CANCELLED = "cancelled"
    ACTIVE = "active"
    PENDING_TERMINATE = "pendingTerminate"
    TERMINATED = "terminated"
    SUSPENDED = "suspended"
    ABORTED = "aborted"

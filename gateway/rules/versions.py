"""Words of the faces by version: which code list of which version has a word, and what a version renamed."""

from collections.abc import Mapping

from gateway.canonical.lifecycle import Trace, Unread
from gateway.canonical.states import BillState, ItemAction, OrderState, ProductStatus, ServiceState, TaskState

__all__ = ["NEWER", "RENAMED", "is_of_another_version", "is_of_any_version", "loss_is_declared"]

NEWER: Mapping[str, frozenset[str]] = {
    "order-state": frozenset({OrderState.DRAFT, OrderState.ACCEPTED}),
    "item-state": frozenset({OrderState.DRAFT, OrderState.ACCEPTED, OrderState.PARTIAL}),
    "service-state": frozenset({ServiceState.SUSPENDED.value}),
    "task-state": frozenset({TaskState.REJECTED.value, TaskState.CANCELLED.value}),
}
"""Words that v4 does not have, by code list."""

_WORDS: Mapping[str, frozenset[str]] = {
    "order-state": frozenset(OrderState),
    "item-state": frozenset(OrderState),
    "service-state": frozenset(ServiceState),
    "product-status": frozenset(ProductStatus),
    "bill-state": frozenset(BillState),
    "action": frozenset(ItemAction),
    "task-state": frozenset(TaskState),
    "rate-type": frozenset({"recurring", "nonRecurring", "usage", "credit", "discount", "fee", "appliedBillingCharge"}),
}

RENAMED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "product_order": {"v4": ("creationDate", "order_date"), "v5": ("orderDate", "order_date")},
    "rates": {"v4": ("appliedBillingRateType", "type"), "v5": ("type", "type")},
}
"""Part → version → the name that the other version has for a member, and the canonical member."""


def is_of_any_version(unread: Unread) -> bool:
    """Whether a word is one of its code list in some version; only the very spelling counts."""
    return unread.value in _WORDS.get(unread.target, frozenset())


def is_of_another_version(trace: Trace, unread: Unread) -> bool:
    """Whether a word that the trace's version does not have is one of its list in another version."""
    newer = NEWER.get(unread.target, frozenset())
    return unread.value in newer if trace.version == "v4" else is_of_any_version(unread)


def loss_is_declared(trace: Trace) -> bool:
    """Whether the trace or its order says what of the newer version the older one cannot say."""
    order = trace.product_order
    members = [*trace.extras, *(order.extras if order is not None else ())]
    if any("loss" in name.lower() for name in members):
        return True
    notes = order.notes if order is not None else ()
    return any("v5" in (note.text or "").lower() and "loss" in (note.text or "").lower() for note in notes)

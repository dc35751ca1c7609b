"""Building a message to a legacy system from the verified context. Pure."""

from collections.abc import Mapping
from datetime import datetime

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.reference import Reference
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.plan import live_items
from gateway.lifecycle.points import fees
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import OPERATIONS, Message, Operation, Role
from gateway.ports.repository import Aggregate

__all__ = ["ROLE_OF", "message_of"]

ROLE_OF: Mapping[Operation, Role] = {
    operation: role for role, operations in OPERATIONS.items() for operation in operations
}
"""Whose each operation is."""


def message_of(  # noqa: PLR0913 - a message in its parts
    aggregate: Aggregate,
    terms: Terms,
    name: str,
    operation: Operation,
    now: datetime,
    *,
    attempt: int = 1,
    on_demand: OnDemandBill | None = None,
    mode: str = "submit",
) -> Message:
    """Return the message of an operation for an order as it stands.

    What is called back (`mode` is cancel) is about the items to cancel; all of them, failed ones too, where the whole
    order is.
    """
    order, undoing = aggregate.product_order, aggregate.lifecycle.undoing
    scope = undoing.items if undoing is not None else ()
    draft = Draft(aggregate, now)
    offerings = Reference(offerings=tuple(terms.offerings.values()))
    return Message(
        id=name,
        role=ROLE_OF[operation],
        operation=operation,
        order=order,
        service_orders=aggregate.service_orders,
        items=scope if mode == "cancel" else live_items(draft),
        facts=aggregate.facts,
        reference=terms.reference_for(order, aggregate.lifecycle.reference) if order else offerings,
        rates=aggregate.rates,
        legacy_ids=aggregate.lifecycle.legacy_ids,
        on_demand=on_demand,
        leave_done=mode == "cancel" and terms.cancellation.leaves_field_work,
        fees=fees(draft, terms, scope) if operation is Operation.FEE else (),
        attempt=attempt,
    )

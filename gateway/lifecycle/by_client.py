"""Orders that their clients move: taken in where the profile says so, and moved along the same tables as all others."""

from typing import Any

from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.profile import Profile
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.outcome import with_items
from gateway.ports.errors import FaceError
from gateway.ports.query import AnyOf, Condition
from gateway.ports.repository import Query, Repository

__all__ = ["begins_at", "is_by_client", "move", "require_known_services"]

_ORDERS = frozenset({ResourceKind.PRODUCT_ORDER, ResourceKind.SERVICE_ORDER})
_ENDED_ITEMS = frozenset({OrderState.FAILED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.COMPLETED})
_CHANGES = frozenset({ItemAction.MODIFY, ItemAction.DELETE})
_DEPTH = 4
"""How deep in the lines of other orders a service is looked for."""

_DATE_OF = {
    (ResourceKind.SERVICE_ORDER, OrderState.IN_PROGRESS): "start_date",
    (ResourceKind.SERVICE_ORDER, OrderState.COMPLETED): "completion_date",
    (ResourceKind.SERVICE_ORDER, OrderState.PARTIAL): "completion_date",
    (ResourceKind.SERVICE_ORDER, OrderState.CANCELLED): "cancellation_date",
    (ResourceKind.PRODUCT_ORDER, OrderState.COMPLETED): "completion_date",
    (ResourceKind.PRODUCT_ORDER, OrderState.PARTIAL): "completion_date",
    (ResourceKind.PRODUCT_ORDER, OrderState.CANCELLED): "cancellation_date",
}
"""The date that goes with a state, where a resource has one."""


def begins_at(profile: Profile, root: ResourceKind, checkpoint: Checkpoint) -> Checkpoint:
    """Return where a new lifecycle stands: at the given gate, or, for an order that its client moves, at none."""
    return Checkpoint.CLIENT if profile.client_drives and root in _ORDERS else checkpoint


def is_by_client(draft: Draft) -> bool:
    """Whether the order of a step waits for its client alone."""
    return draft.lifecycle.checkpoint is Checkpoint.CLIENT


def move(draft: Draft, kind: ResourceKind, resource_id: str, wanted: OrderState, changes: dict[str, Any]) -> None:
    """Move an order and its open lines to the state that its client asks for. Raises IllegalTransition."""
    order = draft.get(kind, resource_id)
    given = dict(changes)
    if "items" not in given and wanted is not OrderState.PARTIAL:  # else the client says how each line ended
        states: dict[str, OrderState] = {
            item.id: wanted for _, item in order.all_items() if item.state not in _ENDED_ITEMS
        }
        given["items"] = with_items(order, states)
    date = _DATE_OF.get((kind, wanted))
    if date is not None and getattr(order, date) is None:
        given[date] = draft.now
    draft.set_state(kind, resource_id, wanted, **given)


async def require_known_services(repository: Repository, order: ServiceOrder) -> None:
    """Raise FaceError 422 where an order changes or ends a service that no order stored here, nor itself, has."""
    added = {item.service.id for _, item in order.all_items() if item.action is ItemAction.ADD and item.service}
    for _, item in order.all_items():
        service = item.service.id if item.service else None
        if item.action not in _CHANGES or service is None or service in added:
            continue
        if not (await repository.find(_orders_with(service))).total:
            raise FaceError(
                422,
                "unknownService",
                f"line {item.id} is to {item.action} service {service[:100]!r}, which no service order has",
                "name a service that an order added, or add it",
            )


def _orders_with(service: str) -> Query:
    places = tuple(Condition(f"{'items.' * depth}service.id", values=(service,)) for depth in range(1, _DEPTH + 1))
    return Query(ResourceKind.SERVICE_ORDER, (), 0, 1, (AnyOf(places),))

"""The way of an order as a table: at each checkpoint a gate, and what is sent once it lets the order through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.canonical.judgement import Gate
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Operation, Role

__all__ = ["STAGES", "Stage", "gate_at", "live_items"]

_DEAD = frozenset({OrderState.FAILED, OrderState.CANCELLED, OrderState.REJECTED})


@dataclass(frozen=True, slots=True)
class Stage:
    """What happens at one checkpoint.

    `not_yet` are predicates that belong to the gate but cannot be there before its second moment.
    `sends` lists (role, operation, whether it applies) of the messages that follow an advance.
    """

    gate: Gate
    follows: Checkpoint
    not_yet: frozenset[str] = frozenset()
    sends: tuple[tuple[Role, Operation, Callable[[Draft, Terms], bool]], ...] = ()


def live_items(draft: Draft) -> tuple[str, ...]:
    """Return the ids of the items that still go on: product order items, else those of the outside service order."""
    if draft.product_order is not None:
        return tuple(item.id for _, item in draft.product_order.all_items() if item.state not in _DEAD)
    return tuple(item.id for so in draft.service_orders for _, item in so.all_items() if item.state not in _DEAD)


def _offerings(draft: Draft, terms: Terms) -> list[tuple[ItemAction, object]]:
    order, live = draft.product_order, set(live_items(draft))
    if order is not None:
        items = [item for _, item in order.all_items() if item.id in live]
        return [(item.action, terms.offering_of(item, draft.lifecycle.reference)) for item in items]
    services = [item for so in draft.service_orders for _, item in so.all_items() if item.id in live]
    return [(item.action, terms.offering_of_service(item)) for item in services]


def _added(draft: Draft, terms: Terms, *members: str) -> bool:
    return any(
        action is ItemAction.ADD and offering is not None and any(getattr(offering, name) for name in members)
        for action, offering in _offerings(draft, terms)
    )


def _reserves(draft: Draft, terms: Terms) -> bool:
    return _added(draft, terms, "resources")


def _books(draft: Draft, terms: Terms) -> bool:
    return draft.product_order is not None and _added(draft, terms, "site_bound", "needs_visit", "devices")


def _builds(draft: Draft, terms: Terms) -> bool:
    return draft.product_order is not None and _added(draft, terms, "needs_visit", "devices")


def _activates(draft: Draft, _: Terms) -> bool:
    return any(item.state not in _DEAD for so in draft.service_orders for _, item in so.all_items())


def _charges(draft: Draft, _: Terms) -> bool:
    return draft.lifecycle.root is ResourceKind.PRODUCT_ORDER and bool(live_items(draft))


def _bills(draft: Draft, _: Terms) -> bool:
    return bool(draft.rates)


STAGES: Mapping[Checkpoint, Stage] = {
    Checkpoint.QUALIFY: Stage(
        gate=Gate.INTAKE,
        follows=Checkpoint.RELEASE,
        sends=((Role.ACTIVATION, Operation.RESERVE, _reserves), (Role.FIELD_WORK, Operation.BOOK, _books)),
    ),
    Checkpoint.RELEASE: Stage(
        gate=Gate.ORDER_TO_BUILD,
        follows=Checkpoint.READY,
        not_yet=frozenset({"build.released"}),
        sends=((Role.FIELD_WORK, Operation.BUILD, _builds),),
    ),
    Checkpoint.READY: Stage(
        gate=Gate.BUILD_TO_ACTIVATION,
        follows=Checkpoint.ACTIVATED,
        not_yet=frozenset(
            {
                "service.ready",
                "service.activated",
                "service.suspended",
                "service.resumed",
                "service.ceased",
                "resource.assigned",
                "resource.released",
            }
        ),
        sends=((Role.ACTIVATION, Operation.ACTIVATE, _activates),),
    ),
    Checkpoint.ACTIVATED: Stage(gate=Gate.BUILD_TO_ACTIVATION, follows=Checkpoint.DELIVERED),
    Checkpoint.DELIVERED: Stage(
        gate=Gate.ACTIVATION_TO_BILLING,
        follows=Checkpoint.CHARGED,
        not_yet=frozenset({"charge.started", "rate.created"}),
        sends=((Role.BILLING, Operation.CHARGE, _charges),),
    ),
    Checkpoint.CHARGED: Stage(
        gate=Gate.ACTIVATION_TO_BILLING,
        follows=Checkpoint.BILLED,
        sends=((Role.BILLING, Operation.BILL, _bills),),
    ),
    Checkpoint.BILLED: Stage(gate=Gate.BILLING_TO_CLOSE, follows=Checkpoint.CLOSED),
}
"""An order that is closed, ended or being cancelled stands at no gate."""


def gate_at(lifecycle: Lifecycle) -> Gate:
    """Return the gate at which an order stands; where it stands at none, the first one for orders of its kind."""
    stage = STAGES.get(lifecycle.checkpoint)
    if stage is not None:
        return stage.gate
    return Gate.INTAKE if lifecycle.root is ResourceKind.PRODUCT_ORDER else Gate.ORDER_TO_BUILD

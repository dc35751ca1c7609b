"""What happens to the orders when a gate lets them through: states, ids and delivered values. Pure on a draft."""

from collections.abc import Iterable
from typing import Any

from gateway.canonical.common import Characteristic
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.order import Product, ProductOrderItem
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import FINAL_ORDER_STATES, ItemAction, OrderState, ProductStatus, ServiceState
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.identity import our_id
from gateway.lifecycle.plan import live_items
from gateway.lifecycle.rollup import roll_up

__all__ = [
    "complete_product_order",
    "complete_service_orders",
    "fail_items",
    "give_product_ids",
    "move_order",
    "start_service_orders",
    "with_items",
]

_REACHED = {
    "service.activated": ServiceState.ACTIVE,
    "service.resumed": ServiceState.ACTIVE,
    "service.suspended": ServiceState.INACTIVE,
    "service.ceased": ServiceState.TERMINATED,
}
_PRODUCT_REACHED = {
    "service.activated": ProductStatus.ACTIVE,
    "service.resumed": ProductStatus.ACTIVE,
    "service.suspended": ProductStatus.SUSPENDED,
    "service.ceased": ProductStatus.TERMINATED,
}
_SET = frozenset({OrderState.FAILED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.COMPLETED})
_IN_CANCELLATION = frozenset({OrderState.ASSESSING_CANCELLATION, OrderState.PENDING_CANCELLATION})


def with_items(order: Any, states: dict[str, OrderState]) -> tuple[Any, ...]:
    """Return the order's items, nested ones too, with the states given by item id."""

    def rewritten(item: Any) -> Any:
        update: dict[str, Any] = {}
        if item.id in states:
            update["state"] = states[item.id]
        if item.items:
            update["items"] = tuple(rewritten(child) for child in item.items)
        return item.model_copy(update=update) if update else item

    return tuple(rewritten(item) for item in order.items)


def move_order(draft: Draft, wanted: OrderState, **changes: Any) -> None:
    """Move the root order and its live items to a state. Does nothing where it has ended already."""
    root = draft.root
    if root.state in FINAL_ORDER_STATES:
        return
    states = {item.id: wanted for _, item in root.all_items() if item.state not in _SET}
    draft.set_state(draft.lifecycle.root, root.id, wanted, items=with_items(root, states), **changes)


def give_product_ids(draft: Draft) -> None:
    """Give each added product the id by which its charges will name it."""
    order = draft.product_order
    if order is None:
        return

    def named(item: ProductOrderItem) -> ProductOrderItem:
        update: dict[str, Any] = {"items": tuple(named(child) for child in item.items)} if item.items else {}
        product = item.product or Product()
        if item.action is ItemAction.ADD and product.id is None:
            new = {"id": our_id(order.id, "product", item.id), "status": ProductStatus.PENDING_ACTIVE}
            update["product"] = product.model_copy(update=new)
        return item.model_copy(update=update) if update else item

    draft.change(ResourceKind.PRODUCT_ORDER, order.id, items=tuple(named(item) for item in order.items))


def start_service_orders(draft: Draft) -> None:
    """Move acknowledged service orders to in progress: they may be built."""
    for order in draft.service_orders:
        if order.state in {OrderState.ACKNOWLEDGED, OrderState.HELD, OrderState.PENDING}:
            states = {item.id: OrderState.IN_PROGRESS for _, item in order.all_items() if item.state not in _SET}
            items = with_items(order, states)
            draft.set_state(
                ResourceKind.SERVICE_ORDER, order.id, OrderState.IN_PROGRESS, items=items, start_date=draft.now
            )


def complete_service_orders(draft: Draft) -> None:
    """Complete the service orders whose services run, with what was delivered in place of what was ordered."""
    for order in draft.service_orders:
        if order.state in FINAL_ORDER_STATES:
            continue
        items = tuple(_delivered(draft, order, item) for item in order.items)
        state = roll_up((item.state or OrderState.IN_PROGRESS for item in items), draft.lifecycle.policy.roll_up)
        draft.set_state(ResourceKind.SERVICE_ORDER, order.id, state, items=items, **_end_date(draft, state))


def complete_product_order(draft: Draft) -> None:
    """Complete the live items of the product order and roll up its state."""
    order = draft.product_order
    if order is None or order.state in FINAL_ORDER_STATES:
        return
    live = set(live_items(draft))
    reached = {fact.subject: _PRODUCT_REACHED[fact.predicate] for fact in _outcomes(draft.facts)}

    def done(item: ProductOrderItem) -> ProductOrderItem:
        update: dict[str, Any] = {"items": tuple(done(child) for child in item.items)} if item.items else {}
        if item.id in live:
            update["state"] = OrderState.COMPLETED
            status = reached.get(item.subject, _status_without_service(item))
            if item.product is not None and status is not None:
                update["product"] = item.product.model_copy(update={"status": status})
        return item.model_copy(update=update) if update else item

    items = tuple(done(item) for item in order.items)
    state = roll_up((item.state or OrderState.COMPLETED for item in items), draft.lifecycle.policy.roll_up)
    draft.set_state(ResourceKind.PRODUCT_ORDER, order.id, state, items=items, **_end_date(draft, state))


def fail_items(draft: Draft, items: Iterable[str], reason: str) -> None:
    """Fail items that a legacy system refused; the others go on. An order with nothing left fails whole."""
    wanted = set(items)
    for order in draft.service_orders:
        hit = {i.id: OrderState.FAILED for _, i in order.all_items() if (i.product_item_id or i.id) in wanted}
        if hit and order.state not in FINAL_ORDER_STATES:
            changed = with_items(order, hit)
            if all(item.state is OrderState.FAILED for item in changed) and order.state not in _IN_CANCELLATION:
                if order.state is OrderState.ACKNOWLEDGED:
                    draft.set_state(ResourceKind.SERVICE_ORDER, order.id, OrderState.IN_PROGRESS)
                draft.set_state(ResourceKind.SERVICE_ORDER, order.id, OrderState.FAILED, items=changed)
            else:
                draft.change(ResourceKind.SERVICE_ORDER, order.id, items=changed)
    order_of_items = draft.product_order
    if order_of_items is not None and order_of_items.state not in FINAL_ORDER_STATES:
        states = dict.fromkeys(wanted, OrderState.FAILED)
        draft.change(ResourceKind.PRODUCT_ORDER, order_of_items.id, items=with_items(order_of_items, states))
    draft.note(reason)


def _delivered(draft: Draft, order: ServiceOrder, item: ServiceOrderItem) -> ServiceOrderItem:
    if item.state in _SET:
        return item
    said = [fact for fact in _outcomes(draft.facts) if fact.subject == item.subject]
    best = max(said, key=lambda fact: (fact.assurance.rank, fact.recorded_at or fact.observed_at), default=None)
    service = item.service or Service()
    update: dict[str, Any] = {"id": service.id or our_id(order.id, "service", item.id)}
    if best is not None:
        update["state"] = _REACHED[best.predicate]
        update["characteristics"] = _replaced(service.characteristics, best)
        date = "end_date" if best.predicate == "service.ceased" else "start_date"
        update[date] = best.valid_from or best.observed_at
    return item.model_copy(update={"state": OrderState.COMPLETED, "service": service.model_copy(update=update)})


def _replaced(ordered: tuple[Characteristic, ...], fact: Fact) -> tuple[Characteristic, ...]:
    left = dict(fact.value)
    left.pop(PRODUCT_ITEM, None)
    kept = [one.model_copy(update={"value": left.pop(one.name)}) if one.name in left else one for one in ordered]
    return (*kept, *(Characteristic(name=name, value=value) for name, value in left.items()))


def _outcomes(facts: Iterable[Fact]) -> list[Fact]:
    superseded = {fact.supersedes for fact in facts if fact.supersedes}
    return [fact for fact in facts if fact.predicate in _REACHED and fact.id not in superseded]


def _status_without_service(item: ProductOrderItem) -> ProductStatus | None:
    return ProductStatus.ACTIVE if item.action is ItemAction.ADD else None


def _end_date(draft: Draft, state: OrderState) -> dict[str, Any]:
    return {"completion_date": draft.now} if state in {OrderState.COMPLETED, OrderState.PARTIAL} else {}

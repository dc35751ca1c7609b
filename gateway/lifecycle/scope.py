"""What goes with the cancellation of one service order of a product order. Pure on a draft."""

from gateway.canonical.lifecycle import ResourceKind
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.plan import live_items
from gateway.ports.errors import LifecycleError

__all__ = ["scope_of"]

_NEEDS = frozenset({"relieson", "dependson", "bundles"})


def scope_of(draft: Draft, target: str) -> tuple[str, ...]:
    """Return the product order items that a service order alone serves; none for the order of the lifecycle itself.

    Raises LifecycleError, 409, where another service order serves one of them too, or a live item needs one of them:
    then only the whole product order can be cancelled.
    """
    if target == draft.lifecycle.id:
        return ()
    served = _served(draft, target)
    rest = {item for order in draft.service_orders if order.id != target for item in _served(draft, order.id)}
    shared = sorted(served & rest)
    needed = sorted(served & _needed_by_others(draft, served))
    reasons = (shared, "served by another service order too"), (needed, "needed by another item")
    for items, why in reasons:
        if items or not served:
            what = f"item {', '.join(items)} is {why}" if items else "it names no item of its product order"
            raise LifecycleError(
                "partOfProductOrder",
                f"service order {target} belongs to product order {draft.lifecycle.id}, and {what}",
                "cancel the product order: its service orders are called back with it",
            )
    return tuple(sorted(served))


def _served(draft: Draft, service_order: str) -> set[str]:
    order = draft.get(ResourceKind.SERVICE_ORDER, service_order)
    return {item.product_item_id for _, item in order.all_items() if item.product_item_id} if order else set()


def _needed_by_others(draft: Draft, served: set[str]) -> set[str]:
    live, needed = set(live_items(draft)) - served, set()
    order = draft.product_order
    for _, item in order.all_items() if order is not None else ():
        if item.id in live:
            needed |= {link.id for link in item.relationships if (link.type or "").lower() in _NEEDS}
            needed |= {child.id for child in item.items}
    return needed

"""Orders beside each other: which are open, and which name each other."""

from collections.abc import Iterator
from typing import Any

from gateway.canonical.order import ProductOrder
from gateway.canonical.states import FINAL_ORDER_STATES

__all__ = ["is_open", "is_related", "links"]

_LINKS = ("orderRelationship", "productOrderRelationship", "relatedOrder")


def is_open(order: ProductOrder) -> bool:
    """Whether something may still be done for an order."""
    return order.state not in FINAL_ORDER_STATES


def is_related(one: ProductOrder, other: ProductOrder) -> bool:
    """Whether one of two orders names the other as related."""
    return other.id in _named(one) or one.id in _named(other)


def _named(order: ProductOrder) -> set[str]:
    found: set[str] = {link.id for _, item in order.all_items() for link in item.relationships}
    found -= {item.id for _, item in order.all_items()}
    return found | {order_id for order_id, _ in links(order)}


def links(order: ProductOrder) -> Iterator[tuple[str, str]]:
    """Yield (order id, kind in small letters) for every link of an order as a whole to another one."""
    for link in order.relationships:
        yield link.id, (link.type or "").lower()
    for name in _LINKS:
        stated: Any = order.extras.get(name)
        for link in stated if isinstance(stated, list) else [stated]:
            if isinstance(link, dict):
                kind = str(link.get("relationshipType", link.get("type", ""))).lower()
                yield from ((str(link[key]), kind) for key in ("id", "orderId") if link.get(key))

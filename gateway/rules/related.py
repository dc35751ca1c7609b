"""Orders beside each other: which are open, and which name each other."""

from typing import Any

from gateway.canonical.order import ProductOrder
from gateway.canonical.states import FINAL_ORDER_STATES

__all__ = ["is_open", "is_related"]

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
    found |= {link.id for link in order.relationships}
    for name in _LINKS:
        links: Any = order.extras.get(name)
        for link in links if isinstance(links, list) else [links]:
            if isinstance(link, dict):
                found |= {str(link[key]) for key in ("id", "orderId") if link.get(key)}
    return found

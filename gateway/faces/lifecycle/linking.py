"""Which product order item a service order item of a trace serves, where a relationship names it."""

from typing import Any

from gateway.canonical.common import Characteristic
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem

__all__ = ["with_product_items"]

_MEMBER = "orderItemRelationship"


def with_product_items(order: ServiceOrder) -> ServiceOrder:
    """Return a service order whose items state as a characteristic what `orderItemRelationship` says of them."""
    items = tuple(_linked(item) for item in order.items)
    changed = any(new is not old for new, old in zip(items, order.items, strict=True))
    return order.model_copy(update={"items": items}) if changed else order


def _linked(item: ServiceOrderItem) -> ServiceOrderItem:
    nested = tuple(_linked(one) for one in item.items)
    changes: dict[str, Any] = {}
    if any(new is not old for new, old in zip(nested, item.items, strict=True)):
        changes["items"] = nested
    named = _named(item.extras.get(_MEMBER)) if item.extras and item.product_item_id is None else None
    if named is not None:
        service = item.service or Service()
        said = (*service.characteristics, Characteristic(name=PRODUCT_ITEM, value=named))
        changes["service"] = service.model_copy(update={"characteristics": said})
    return item.model_copy(update=changes) if changes else item


def _named(stated: Any) -> str | None:
    for one in stated if isinstance(stated, list) else [stated]:
        if isinstance(one, dict):
            inner = one.get("orderItem", one.get("productOrderItem", one))
            found = inner.get("itemId", inner.get("id")) if isinstance(inner, dict) else None
            if isinstance(found, str) and found:
                return found
    return None

"""Items of product and service orders with their paths, nested ones included."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gateway.canonical.order import ProductOrderItem
from gateway.canonical.service_order import ServiceOrder, ServiceOrderItem
from gateway.canonical.states import OrderState

__all__ = ["Line", "ServiceLine", "lines_of", "linker", "service_lines_of"]


class Line(NamedTuple):
    """A product order item, where it stands, and the item that it is nested in."""

    path: str
    item: ProductOrderItem
    parent: ProductOrderItem | None
    subject: str  # of its facts, `item:1`


class ServiceLine(NamedTuple):
    """A service order item, where it stands, its order, and the product order item that it names."""

    path: str
    item: ServiceOrderItem
    order: ServiceOrder
    product_item: str | None
    subject: str  # of its facts

    @property
    def state(self) -> OrderState | None:
        """Its state; where a wire has none for items, the service order's."""
        return self.item.state or self.order.state


def lines_of(items: Sequence[ProductOrderItem], path: str, parent: ProductOrderItem | None) -> list[Line]:
    """Return items and all that are nested in them."""
    found: list[Line] = []
    for number, item in enumerate(items):
        found.append(Line(f"{path}[{number}]", item, parent, item.subject))
        if item.items:
            found += lines_of(item.items, f"{path}[{number}].items", item)
    return found


def service_lines_of(
    items: Sequence[ServiceOrderItem],
    path: str,
    order: ServiceOrder,
    serves: str | None,
    linked: Callable[[ServiceOrderItem], str | None],
) -> list[ServiceLine]:
    """Return items and all that are nested in them; a nested one serves what the one around it serves."""
    found: list[ServiceLine] = []
    for number, item in enumerate(items):
        product_item = item.product_item_id or linked(item) or serves
        found.append(ServiceLine(f"{path}[{number}]", item, order, product_item, item.subject))
        if item.items:
            found += service_lines_of(item.items, f"{path}[{number}].items", order, product_item, linked)
    return found


def linker(order: ServiceOrder, product_items: Mapping[str, Line]) -> Callable[[ServiceOrderItem], str | None]:
    """Return what finds the product item that a service item names by a relationship, where it names one so."""
    own: set[str] = set()

    def linked(item: ServiceOrderItem) -> str | None:
        if not item.relationships or not product_items:
            return None
        if not own:
            own.update(one.id for _, one in order.all_items())
        for link in item.relationships:
            # Both orders number their items from 1: a link means the service order's own item unless it says otherwise.
            if link.id in product_items and (link.id not in own or "product" in (link.type or "").lower()):
                return link.id
        return None

    return linked

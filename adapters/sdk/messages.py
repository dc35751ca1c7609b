"""Reading a message: which items it is about, what they are made of, what earlier stages found out."""

from collections.abc import Iterator

from gateway.canonical.fact import Fact
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import Offering
from gateway.canonical.service_order import ServiceOrder, ServiceOrderItem
from gateway.ports.adapter import Message

__all__ = [
    "customer_reference",
    "offering_of",
    "offering_of_service",
    "place_of",
    "product_items",
    "service_items",
    "stated",
]


def product_items(message: Message) -> Iterator[ProductOrderItem]:
    """Yield the product order items that the message is about, nested ones included; all when it names none."""
    if message.order is not None:
        for _, item in message.order.all_items():
            if not message.items or item.id in message.items:
                yield item


def service_items(message: Message) -> Iterator[tuple[ServiceOrder, ServiceOrderItem]]:
    """Yield the service items that the message is about, with their orders.

    An item serves a product order item; of an order that came from outside alone, it is named by itself.
    """
    for order in message.service_orders:
        for _, item in order.all_items():
            name = item.product_item_id or (item.id if message.order is None else None)
            if not message.items or name is None or name in message.items:
                yield order, item


def offering_of(message: Message, item: ProductOrderItem) -> Offering | None:
    """Return the offering of an item: the one it names, else the one of the product that it changes."""
    if item.offering is not None:
        return message.reference.offering(item.offering.id)
    held = message.reference.product(item.product.id) if item.product else None
    return message.reference.offering(held.offering) if held else None


def offering_of_service(message: Message, item: ServiceOrderItem) -> Offering | None:
    """Return the offering that a service item serves: through its product item, else by its specification."""
    sold = message.order.item(item.product_item_id) if message.order and item.product_item_id else None
    if sold is not None:
        return offering_of(message, sold)
    wanted = item.service.specification.id if item.service and item.service.specification else None
    offerings = message.reference.offerings or ()
    return next((o for o in offerings if any(s.specification == wanted for s in o.services)), None)


def place_of(message: Message, item: ProductOrderItem) -> str | None:
    """Return the id of the place where an item is installed: said by the item, else known of its product."""
    places = item.product.places if item.product else ()
    for place in sorted(places, key=lambda place: "install" not in (place.role or "").lower()):
        if place.id is not None:
            return place.id
    held = message.reference.product(item.product.id) if item.product else None
    return held.place if held else None


def customer_reference(message: Message) -> str | None:
    """Return what the customer calls the order: its first external id, or None."""
    order = message.order or next(iter(message.service_orders), None)
    return order.external_ids[0].value if order is not None and order.external_ids else None


def stated(facts: tuple[Fact, ...], predicate: str, subject: str) -> Fact | None:
    """Return the latest fact of that predicate about that subject which no other supersedes, or None."""
    superseded = {fact.supersedes for fact in facts if fact.supersedes}
    found = [f for f in facts if f.predicate == predicate and f.subject == subject and (f.id or "-") not in superseded]
    return max(found, key=lambda fact: fact.observed_at) if found else None

"""The service order: what has to be built and activated, version-free."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.canonical.base import Extended
from gateway.canonical.common import (
    Characteristic,
    ErrorMessage,
    ExternalId,
    ExternalReference,
    JeopardyAlert,
    Milestone,
    Note,
    Party,
    Place,
    Ref,
    Relationship,
    walk,
)
from gateway.canonical.states import ItemAction, OrderState

__all__ = ["PRODUCT_ITEM", "Service", "ServiceOrder", "ServiceOrderItem"]

PRODUCT_ITEM = "productOrderItemId"
"""The service characteristic by which a service order item names its product order item."""


class Service(Extended):
    """The service an item is about."""

    id: str | None = None
    href: str | None = None
    name: str | None = None
    state: str | None = None
    category: str | None = None
    service_type: str | None = None
    specification: Ref | None = None
    characteristics: tuple[Characteristic, ...] = ()
    places: tuple[Place, ...] = ()
    parties: tuple[Party, ...] = ()
    start_date: datetime | None = None
    end_date: datetime | None = None

    def characteristic(self, name: str) -> Characteristic | None:
        """Return the characteristic of that name, or None."""
        return next((c for c in self.characteristics if c.name == name), None)


class ServiceOrderItem(Extended):
    """One line of a service order."""

    id: str
    action: ItemAction
    quantity: int | None = None
    state: OrderState | None = None
    service: Service | None = None
    appointment: Ref | None = None
    relationships: tuple[Relationship, ...] = ()
    items: tuple["ServiceOrderItem", ...] = ()
    errors: tuple[ErrorMessage, ...] = ()
    modify_path: tuple[dict[str, Any], ...] = ()

    @property
    def product_item_id(self) -> str | None:
        """The id of the product order item that this serves, or None where it names none."""
        found = self.service.characteristic(PRODUCT_ITEM) if self.service else None
        return None if found is None or found.value is None else str(found.value)

    @property
    def subject(self) -> str:
        """The subject under which facts about this item are kept: its product item's, else its own."""
        return f"item:{self.product_item_id or self.id}"


class ServiceOrder(Extended):
    """What has to be built and activated. `product_order_id` is None for an order that came from outside alone."""

    id: str = ""
    state: OrderState | None = None
    external_ids: tuple[ExternalId, ...] = ()
    external_references: tuple[ExternalReference, ...] = ()
    product_order_id: str | None = None
    category: str | None = None
    description: str | None = None
    priority: str | None = None
    order_date: datetime | None = None
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    expected_completion: datetime | None = None
    completion_date: datetime | None = None
    start_date: datetime | None = None
    cancellation_date: datetime | None = None
    cancellation_reason: str | None = None
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    jeopardies: tuple[JeopardyAlert, ...] = ()
    errors: tuple[ErrorMessage, ...] = ()
    items: tuple[ServiceOrderItem, ...] = ()
    revision: int = 0

    def all_items(self) -> Iterator[tuple[str, ServiceOrderItem]]:
        """Yield (canonical path, item) for every item, nested ones included, in order."""
        yield from walk("items", self.items)

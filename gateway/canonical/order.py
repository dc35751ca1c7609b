"""The product order: what a customer asked for, version-free."""

from collections.abc import Iterator
from datetime import datetime

from gateway.canonical.base import Extended
from gateway.canonical.common import (
    Characteristic,
    ErrorMessage,
    ExternalId,
    JeopardyAlert,
    Milestone,
    Note,
    Party,
    Place,
    Price,
    Ref,
    Relationship,
    walk,
)
from gateway.canonical.states import ItemAction, OrderState

__all__ = ["Product", "ProductOrder", "ProductOrderItem"]


class Product(Extended):
    """The product an item is about: wanted (add), changed (modify) or given up (delete)."""

    id: str | None = None
    href: str | None = None
    name: str | None = None
    status: str | None = None
    is_bundle: bool | None = None
    specification: Ref | None = None
    characteristics: tuple[Characteristic, ...] = ()
    places: tuple[Place, ...] = ()
    parties: tuple[Party, ...] = ()
    serial: str | None = None

    def characteristic(self, name: str) -> Characteristic | None:
        """Return the characteristic of that name, or None."""
        return next((c for c in self.characteristics if c.name == name), None)


class ProductOrderItem(Extended):
    """One line of a product order. Items may nest (`items`)."""

    id: str
    action: ItemAction
    quantity: int | None = None
    state: OrderState | None = None
    offering: Ref | None = None
    product: Product | None = None
    billing_account: Ref | None = None
    appointment: Ref | None = None
    prices: tuple[Price, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    items: tuple["ProductOrderItem", ...] = ()

    @property
    def subject(self) -> str:
        """The subject under which facts about this item are kept."""
        return f"item:{self.id}"


class ProductOrder(Extended):
    """What a customer asked for. `id`, `state` and `order_date` are set by the gateway at intake."""

    id: str = ""
    state: OrderState | None = None
    external_ids: tuple[ExternalId, ...] = ()
    category: str | None = None
    description: str | None = None
    priority: str | None = None
    order_date: datetime | None = None
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    expected_completion: datetime | None = None
    completion_date: datetime | None = None
    cancellation_date: datetime | None = None
    cancellation_reason: str | None = None
    parties: tuple[Party, ...] = ()
    billing_account: Ref | None = None
    notes: tuple[Note, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    requested_initial_state: OrderState | None = None  # draft, where the client wants to go on writing
    milestones: tuple[Milestone, ...] = ()
    jeopardies: tuple[JeopardyAlert, ...] = ()
    errors: tuple[ErrorMessage, ...] = ()
    items: tuple[ProductOrderItem, ...] = ()
    revision: int = 0

    def all_items(self) -> Iterator[tuple[str, ProductOrderItem]]:
        """Yield (canonical path, item) for every item, nested ones included, in order."""
        yield from walk("items", self.items)

    def item(self, item_id: str) -> ProductOrderItem | None:
        """Return the item of that id, nested or not, or None."""
        return next((item for _, item in self.all_items() if item.id == item_id), None)

    def party(self, role: str) -> Party | None:
        """Return the first party in that role, compared without case."""
        return next((p for p in self.parties if (p.role or "").lower() == role.lower()), None)

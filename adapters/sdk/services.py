"""What a service item asks of an activation system, and how what it answers is named. Pure."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.canonical.common import Characteristic
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.quantity import Quantity, UnknownUnit, read_quantity
from gateway.canonical.service_order import PRODUCT_ITEM, ServiceOrderItem
from gateway.canonical.states import ItemAction, ProductStatus, ServiceState
from gateway.ports.adapter import Message
from gateway.ports.errors import UnknownCode

__all__ = [
    "RATES",
    "item_reference",
    "outcome_predicate",
    "product_of",
    "product_resumes",
    "rate_value",
    "rates_of",
    "resumes",
    "sold_item",
    "verb_of",
    "wanted",
]

RATES = ("downstreamRate", "upstreamRate")
"""The characteristics that say how fast a service is, seen from the customer."""


def sold_item(message: Message, item: ServiceOrderItem) -> ProductOrderItem | None:
    """Return the product order item that a service item serves, or None."""
    return message.order.item(item.product_item_id) if message.order and item.product_item_id else None


def product_of(message: Message, item: ServiceOrderItem) -> str | None:
    """Return the product that an item's service serves, or None."""
    sold = sold_item(message, item)
    return sold.product.id if sold and sold.product else None


def item_reference(item: ServiceOrderItem) -> str:
    """Return a name of a service item within its order: `<product item>.<service item>`, or its own id."""
    return f"{item.product_item_id}.{item.id}" if item.product_item_id else item.id


def resumes(message: Message, item: ServiceOrderItem) -> bool:
    """Whether an item takes up a product again that the customer systems show as suspended."""
    sold = sold_item(message, item)
    return sold is not None and product_resumes(message, sold)


def product_resumes(message: Message, sold: ProductOrderItem) -> bool:
    """Whether an item of a product order takes up a product again, as `resumes`."""
    held = message.reference.product(sold.product.id) if sold.product else None
    asked = sold.product.status if sold.product else None
    return held is not None and held.status == ProductStatus.SUSPENDED and asked == ProductStatus.ACTIVE


def verb_of(message: Message, item: ServiceOrderItem) -> str:
    """Return what an item asks: `add`, `modify`, `suspend`, `resume`, `delete` or `noChange`."""
    if item.action is not ItemAction.MODIFY:
        return item.action.value
    state = item.service.state if item.service else None
    if state in {ServiceState.INACTIVE, ServiceState.SUSPENDED}:
        return "suspend"
    return "resume" if resumes(message, item) else "modify"


def wanted(item: ServiceOrderItem) -> Iterator[Characteristic]:
    """Yield the characteristics that an item asks for, those in the path of a modification included."""
    if item.service is not None:
        yield from (one for one in item.service.characteristics if one.name != PRODUCT_ITEM)
    for step in item.modify_path:
        value = step.get("value")
        if step.get("op") in {"add", "replace"} and isinstance(value, dict) and isinstance(value.get("name"), str):
            yield Characteristic(name=value["name"], value=value.get("value"))


def rates_of(item: ServiceOrderItem) -> dict[str, Quantity]:
    """Return the rates that an item asks for, by characteristic. Raises UnknownCode for a unit that nobody knows."""
    found: dict[str, Quantity] = {}
    for one in wanted(item):
        if one.name not in RATES:
            continue
        try:
            quantity = read_quantity(one.value)
        except UnknownUnit as error:
            raise UnknownCode("canonical.rate-unit", str(error), subject=item.subject) from None
        if quantity is not None:
            found[one.name] = quantity
    return found


def rate_value(quantity: Quantity) -> dict[str, Any]:
    """Return a rate as facts have it: `{amount, units}` in kbit/s."""
    amount: Decimal = quantity.to("kbit/s").amount
    return {"amount": int(amount) if amount == int(amount) else float(amount), "units": "kbit/s"}


def outcome_predicate(state: str, *, resumes: bool) -> str:
    """Return the fact that says that a service is in a canonical state."""
    if state == ServiceState.TERMINATED:
        return "service.ceased"
    if state in {ServiceState.INACTIVE, ServiceState.SUSPENDED}:
        return "service.suspended"
    return "service.resumed" if resumes else "service.activated"

"""Small values that orders, service orders and bills share."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, Self, TypeVar

from gateway.canonical.base import Extended
from gateway.canonical.money import Money

__all__ = [
    "Alteration",
    "Characteristic",
    "ErrorMessage",
    "ExternalId",
    "ExternalReference",
    "ItemRef",
    "JeopardyAlert",
    "Milestone",
    "Note",
    "Party",
    "Period",
    "Place",
    "Price",
    "Ref",
    "Relationship",
    "walk",
]


class Nested(Protocol):
    """An item that may hold others."""

    @property
    def items(self) -> tuple[Self, ...]:
        """The items inside."""


N = TypeVar("N", bound=Nested)


def walk(path: str, items: tuple[N, ...]) -> Iterator[tuple[str, N]]:
    """Yield (canonical path, item) for every item, nested ones included, in order."""
    for index, item in enumerate(items):
        here = f"{path}[{index}]"
        yield here, item
        if item.items:
            yield from walk(f"{here}.items", item.items)


class Ref(Extended):
    """A reference to something kept elsewhere. On a wire: id, href, name, @referredType."""

    id: str
    href: str | None = None
    name: str | None = None
    referred_type: str | None = None


class Party(Extended):
    """Somebody with a role. Roles are kept as written and compared without case."""

    id: str
    role: str | None = None
    name: str | None = None
    href: str | None = None
    referred_type: str | None = None


class Place(Extended):
    """A place with a role, such as the installation address."""

    id: str | None = None
    role: str | None = None
    name: str | None = None
    href: str | None = None
    referred_type: str | None = None


class ExternalId(Extended):
    """An identifier that another system gave. Text, never parsed; unique per issuer and scheme."""

    value: str
    issuer: str | None = None
    scheme: str | None = None


class ExternalReference(Extended):
    """Something outside that an order is about; `type` says what kind of thing."""

    id: str | None = None
    type: str | None = None
    name: str | None = None
    href: str | None = None


class Characteristic(Extended):
    """A named value. `value` is any JSON value; a quantity is `{amount, units}` or text with its unit."""

    name: str
    value: Any = None
    id: str | None = None
    value_type: str | None = None


class Note(Extended):
    """Something a person or a system wrote."""

    text: str | None = None
    author: str | None = None
    id: str | None = None
    date: datetime | None = None


class Relationship(Extended):
    """A named link to another item or order (`reliesOn`, `bundles`, …)."""

    id: str
    type: str | None = None


class ItemRef(Extended):
    """Points to one item of an order: of the order around it where `order_id` is None."""

    item_id: str | None = None
    order_id: str | None = None
    order_href: str | None = None
    referred_type: str | None = None


class Milestone(Extended):
    """A point that an order has reached or shall reach. `status` is `Yet-To-Reach`, `Completed` or `Violated`."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    message: str | None = None
    status: str | None = None
    milestone_date: datetime | None = None
    items: tuple[ItemRef, ...] = ()  # none: the order as a whole


class JeopardyAlert(Extended):
    """A warning that an order may not be completed as promised."""

    id: str | None = None
    name: str | None = None
    message: str | None = None
    exception: str | None = None
    jeopardy_type: str | None = None
    alert_date: datetime | None = None
    items: tuple[ItemRef, ...] = ()  # none: the order as a whole


class ErrorMessage(Extended):
    """What went wrong with an order or an item of it, so that its state changed."""

    code: str | None = None
    reason: str | None = None
    message: str | None = None
    status: str | None = None
    reference_error: str | None = None
    timestamp: datetime | None = None
    items: tuple[ItemRef, ...] = ()  # none: the order as a whole, or the item that carries it


class Period(Extended):
    """A half-open stretch of time: the start belongs to it, the end does not. None is open."""

    start: datetime | None = None
    end: datetime | None = None


class Alteration(Extended):
    """A discount or surcharge on a price: a percentage, or an amount."""

    name: str | None = None
    description: str | None = None
    price_type: str | None = None
    period: str | None = None
    duration: int | None = None  # how many periods it applies
    percentage: Decimal | None = None
    net: Money | None = None
    gross: Money | None = None
    tax_rate: Decimal | None = None


class Price(Extended):
    """A price that was agreed. `tax_rate` is a percentage: 20 means 20 %."""

    name: str | None = None
    description: str | None = None
    price_type: str | None = None  # recurring | nonRecurring | usage, as written
    period: str | None = None  # month, year …; only a recurring price has one
    unit_of_measure: str | None = None
    net: Money | None = None
    gross: Money | None = None
    tax_rate: Decimal | None = None
    percentage: Decimal | None = None
    alterations: tuple[Alteration, ...] = ()

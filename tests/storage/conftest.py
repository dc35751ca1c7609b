import types
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from gateway.canonical.common import Characteristic, ExternalId, Party, Place, Price, Ref
from gateway.canonical.ids import new_id
from gateway.canonical.lifecycle import Checkpoint, Event, Lifecycle, ResourceKind
from gateway.canonical.money import Money
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.states import ItemAction, OrderState
from gateway.ports.repository import Change, Work
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository

NOW = datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    """Each kind of store in turn."""
    database = await Database.open(store_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_database(file: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite:///{file}")
    yield database
    await database.close()


@pytest.fixture
def repository(database: Database) -> SqlRepository:
    return SqlRepository(database)


@pytest.fixture
def an_order():
    """Makes a product order with two items."""

    def make(order_id: str = "", **changes: Any) -> ProductOrder:
        items = tuple(
            ProductOrderItem(
                id=str(number),
                action=ItemAction.ADD,
                quantity=number,
                offering=Ref(id="fibre-500", name="Fibre 500"),
                product=Product(
                    is_bundle=number == 1,
                    characteristics=(
                        Characteristic(name="speed", value=f"{number}00 Mbit/s"),
                        Characteristic(name="static", value=number == 2),
                        Characteristic(name="ports", value=[number, number + 0.5]),
                        Characteristic(name="wish", value={"when": "2026-05-01T10:00:00+02:00"}),
                    ),
                    places=(Place(id=f"place-{number}", role="installation"),),
                ),
                prices=(Price(price_type="recurring", net=Money(amount=Decimal("29.90"), currency="EUR")),),
            )
            for number in (1, 2)
        )
        order = ProductOrder(
            id=order_id or new_id(),
            state=OrderState.ACKNOWLEDGED,
            external_ids=(ExternalId(value="CRM-1", issuer="crm"),),
            category="B2C",
            order_date=NOW,
            parties=(Party(id="p-1", role="customer", name="Ünal Ó'Brien"),),
            items=items,
            extras={"@type": "ProductOrder", "nothing": None},
            revision=1,
        )
        return order.model_copy(update=changes)

    return make


@pytest.fixture
def a_lifecycle():
    def make(order_id: str, version: int = 1, **changes: Any) -> Lifecycle:
        root = ResourceKind.PRODUCT_ORDER
        lifecycle = Lifecycle(id=order_id, root=root, checkpoint=Checkpoint.QUALIFY, version=version)
        return lifecycle.model_copy(update=changes)

    return make


@pytest.fixture
def an_event():
    def make(order: ProductOrder, seq: int = 1, event_type: str = "create", **changes: Any) -> Event:
        event = Event(
            id=new_id(),
            order_id=order.id,
            seq=seq,
            kind=ResourceKind.PRODUCT_ORDER,
            resource_id=order.id,
            type=event_type,
            at=NOW,
            state=order.state,
            resource=order.model_dump_json(),
        )
        return event.model_copy(update=changes)

    return make


@pytest.fixture
def intake(a_lifecycle, an_event):
    """Makes the change of an order that has just come in."""

    def make(order: ProductOrder) -> Change:
        return Change(
            lifecycle=a_lifecycle(order.id),
            put=((ResourceKind.PRODUCT_ORDER, order),),
            events=(an_event(order),),
            work=(Work("customer", order.id, f"{order.id}/gather", b"{}"),),
        )

    return make


@pytest.fixture
def filled():
    """Makes a model in which every member has a value, and every list several."""
    return _filled


def _filled(model: type[BaseModel], depth: int = 0, **fixed: Any) -> Any:
    numbers = count(1)
    values = {
        name: _value(field.annotation, name, numbers, depth)
        for name, field in model.model_fields.items()
        if not (depth > 3 and not field.is_required())
    }
    return model(**(values | fixed))


def _value(annotation: Any, name: str, numbers: Any, depth: int) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _value(next(a for a in reversed(arguments) if a is not type(None)), name, numbers, depth)
    if origin is tuple:
        return tuple(_value(arguments[0], name, numbers, depth) for _ in range(2))
    if origin in (dict, Mapping):
        return {"@a": _value(arguments[1], name, numbers, depth), "größe": _value(arguments[1], name, numbers, depth)}
    if annotation is Any:
        return {"list": [None, 1, 2.5, True, "x"], "none": None, "text": "Ä\u2028\U0001f600\x00'\""}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _filled(annotation, depth + 1)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)[next(numbers) % len(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, tuple):  # a NamedTuple of texts
        return annotation(*(f"{name}.{field}" for field in annotation._fields))
    return SCALARS[annotation](name, next(numbers))


SCALARS = {
    str: lambda name, number: f"{name} {number}",
    int: lambda name, number: number,
    bool: lambda name, number: True,
    float: lambda name, number: number + 0.1,
    Decimal: lambda name, number: Decimal(f"-{number}.010"),
    datetime: lambda name, number: NOW.astimezone(timezone(timedelta(hours=2))) + timedelta(microseconds=number),
    date: lambda name, number: NOW.date(),
}

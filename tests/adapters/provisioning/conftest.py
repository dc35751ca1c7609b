"""The simulated systems in this process, and messages about a small order."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from adapters.simulated.launch import start_local
from adapters.simulated.plugins import ACTIVATION, BILLING
from gateway.canonical.common import Alteration, Characteristic, Party, Price, Ref
from gateway.canonical.fact import Fact, Source
from gateway.canonical.money import Money
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import Reference
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Role
from gateway.vocabulary.landscape import load_landscape

LANDSCAPE = load_landscape(ACTIVATION.landscapes["simulated"])
NOW = datetime.now(UTC)


@pytest.fixture
async def systems(tmp_path):
    simulation = await start_local(tmp_path, 0.0)
    yield simulation
    await simulation.stop()


@pytest.fixture
async def activation(systems):
    settings = ACTIVATION.settings(**systems.settings[Role.ACTIVATION])
    adapter = ACTIVATION.create(Role.ACTIVATION, settings, Path())
    yield adapter
    await adapter.close()


@pytest.fixture
async def billing(systems):
    settings = BILLING.settings(**systems.settings[Role.BILLING])
    adapter = BILLING.create(Role.BILLING, settings, Path())
    yield adapter
    await adapter.close()


@pytest.fixture
def misbehave(systems):
    async def tell(role, fault, reference="O-1"):
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{systems.urls[role]}/_faults", json={"reference": reference, "fault": fault})
            assert answer.status_code == 201

    return tell


@pytest.fixture
def journal(systems):
    async def read(role, reference="O-1"):
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"{systems.urls[role]}/_journal", params={"reference": reference})).json()

    return read


def price(kind, net, *, percentage=None, tax=20):
    alterations = (Alteration(name="Welcome", percentage=percentage, duration=3),) if percentage else ()
    return Price(
        name=f"{kind} fee",
        price_type=kind,
        net=Money(amount=net, currency="EUR"),
        tax_rate=tax,
        alterations=alterations,
    )


def sold(item_id, offering, *characteristics, action="add", prices=(), product=None):
    return ProductOrderItem(
        id=item_id,
        action=ItemAction(action),
        quantity=1,
        offering=Ref(id=offering),
        billing_account=Ref(id="BA-1001"),
        product=Product(
            id=product or f"PR-NEW-{item_id}",
            characteristics=tuple(Characteristic(name=n, value=v) for n, v in characteristics),
        ),
        prices=prices,
    )


def serving(item, specification, *, state="active"):
    names = Characteristic(name=PRODUCT_ITEM, value=item.id)
    service = Service(
        state=state, specification=Ref(id=specification), characteristics=(names, *item.product.characteristics)
    )
    return ServiceOrder(id=f"SO-{item.id}", items=(ServiceOrderItem(id="1", action=item.action, service=service),))


def message(operation, items, *specifications, facts=(), role=Role.ACTIVATION, live=None, state="active"):
    order = ProductOrder(id="O-1", parties=(Party(id="CUST-1001", role="customer"),), items=tuple(items))
    return Message(
        id=f"O-1:{operation}:1",
        role=role,
        operation=Operation(operation),
        order=order,
        service_orders=tuple(serving(i, s, state=state) for i, s in zip(items, specifications, strict=False)),
        items=tuple(item.id for item in items) if live is None else live,
        facts=facts,
        reference=Reference(offerings=LANDSCAPE.offerings),
    )


def fact(predicate, subject, **value):
    return Fact(predicate=predicate, subject=subject, value=value, observed_at=NOW, source=Source(system="test"))


@pytest.fixture
def make():
    """The builders above, as one namespace."""
    return SimpleNamespace(price=price, sold=sold, message=message, fact=fact)

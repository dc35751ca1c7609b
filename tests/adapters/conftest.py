"""The simulated systems in this process without delay, messages to send, and a way to tell them to misbehave."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.simulated.launch import LocalSimulation, start_local
from gateway.canonical.common import ExternalId, Party, Place, Ref
from gateway.canonical.fact import Fact
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import Offering, Reference
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Role
from gateway.vocabulary.catalogue import load_catalogue

CATALOGUE = Path(__file__).parents[2] / "adapters" / "simulated" / "catalogue.yaml"


@pytest.fixture(scope="session")
def offerings() -> tuple[Offering, ...]:
    return load_catalogue(CATALOGUE)


@pytest.fixture
async def simulation(tmp_path: Path) -> AsyncIterator[LocalSimulation]:
    running = await start_local(tmp_path, 0.0)
    yield running
    await running.stop()


@pytest.fixture
def misbehave(simulation: LocalSimulation) -> Callable[..., Awaitable[None]]:
    async def tell(role: Role, fault: str, reference: str = "O-1") -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"{simulation.urls[role]}/_faults"
            answer = await client.post(url, json={"reference": reference, "fault": fault})
            assert answer.status_code == 201

    return tell


@pytest.fixture
def journal(simulation: LocalSimulation) -> Callable[[Role], Awaitable[dict[str, Any]]]:
    async def read(role: Role) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as client:
            body: dict[str, Any] = (await client.get(f"{simulation.urls[role]}/_journal")).json()
            return body

    return read


@pytest.fixture
def item() -> Callable[..., ProductOrderItem]:
    def make(
        item_id: str = "1",
        offering: str | None = "FIBRE-500",
        *,
        action: ItemAction = ItemAction.ADD,
        place: str | None = "ADDR-1001",
        account: str | None = "BA-1001",
        product: str | None = None,
        **more: Any,
    ) -> ProductOrderItem:
        places = (Place(id=place, role="installation"),) if place else ()
        return ProductOrderItem(
            id=item_id,
            action=action,
            offering=Ref(id=offering) if offering else None,
            billing_account=Ref(id=account) if account else None,
            product=Product(id=product, places=places),
            **more,
        )

    return make


@pytest.fixture
def message(offerings: tuple[Offering, ...]) -> Callable[..., Message]:
    def make(
        role: Role,
        operation: Operation,
        *items: ProductOrderItem,
        customer: str = "CUST-1001",
        facts: Sequence[Fact] = (),
    ) -> Message:
        order = ProductOrder(
            id="O-1",
            external_ids=(ExternalId(value="EXT-1"),),
            parties=(Party(id=customer, role="Customer"),),
            items=items,
        )
        return Message(
            id=f"O-1/{operation}",
            role=role,
            operation=operation,
            order=order,
            facts=tuple(facts),
            reference=Reference(offerings=offerings),
        )

    return make

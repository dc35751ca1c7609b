"""The contract kit, asked of the adapter for TM Forum's APIs, over an upstream of each."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

import adapters.tmf
from adapters.tmf.adapter import TmfAdapter
from adapters.tmf.plugin import PLUGIN
from contract_tests.adapter import ActivationContract, AdapterTarget, Fault
from contract_tests.proxy import FaultProxy
from gateway.vocabulary.load import load_vocabularies
from tests.adapters.served import served
from tests.adapters.tmf.wholesale import PREFIX, Wholesale

pytestmark = pytest.mark.server
HERE = Path(adapters.tmf.__file__).parent
CODES = HERE / "codes.yaml"
TABLES = load_vocabularies(CODES)  # read once for all


class Side(FaultProxy):
    """The way to the upstream, which can break off, and the upstream itself, which can say no or a word of its own."""

    faults = frozenset(Fault)

    def __init__(self, upstream, address):
        super().__init__(address)
        self.upstream = upstream

    async def misbehave(self, fault, reference):
        if fault in FaultProxy.faults:
            await super().misbehave(fault, reference)
        else:
            self.upstream.shows[reference] = fault.value

    async def heal(self):
        await super().heal()
        self.upstream.shows.clear()

    async def made(self, reference):
        return [order["id"] for order in self.upstream.of(reference)]

    async def carry_on(self, reference):
        self.upstream.work(reference)


@asynccontextmanager
async def over(kind, **dialect):
    """Serve an upstream of one kind of orders, and yield the adapter to it as a target."""
    upstream = Wholesale(kind)
    async with served(upstream.app) as address, Side(upstream, address) as side:
        settings = PLUGIN.settings(url=side.url, prefix=PREFIX, poll_seconds=0.01, **dialect)
        yield AdapterTarget(
            create=lambda: TmfAdapter(settings, TABLES),
            hurried=lambda: TmfAdapter(settings.model_copy(update={"answer_seconds": 0.2}), TABLES),
            conformance=HERE / "conformance.yaml",
            vocabularies=[CODES],
            legacy=side,
        )


class TestServiceOrders(ActivationContract):
    """Every check of the role, by TMF641 v4."""

    scenarios = (Path(__file__).with_name("fibre-by-service-orders.yaml"),)

    @pytest_asyncio.fixture
    async def target(self):
        async with over("serviceOrder") as made:
            yield made


class TestProductOrders(ActivationContract):
    """Every check of the role, by TMF622 v5."""

    scenarios = (Path(__file__).with_name("fibre-by-product-orders.yaml"),)

    @pytest_asyncio.fixture
    async def target(self):
        sold = {"FIBRE-500": "FTTH-500"}
        async with over("productOrder", face="tmf622", version="v5", offerings=sold, customer="RES-1") as made:
            yield made

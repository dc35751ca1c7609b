"""The contract kit, asked of the adapter for SOAP."""

from pathlib import Path

import pytest_asyncio

from adapters.soap.plugin import PLUGIN
from contract_tests.adapter import ActivationContract, AdapterTarget, Fault, LegacySide
from gateway.ports.adapter import Role
from tests.adapters.served import served
from tests.adapters.soap.system import WSDL, Provisioning

HERE = WSDL.parent


class Side(LegacySide):
    """The system, told what shall be wrong with an order."""

    faults = frozenset(Fault)

    def __init__(self, system):
        self.system = system

    async def misbehave(self, fault, reference):
        self.system.shows[reference] = fault.value

    async def heal(self):
        self.system.shows.clear()

    async def made(self, reference):
        rows = self.system.services.values()
        return [item for row in rows for order, item in row["marks"] if order == reference]


@pytest_asyncio.fixture
async def target():
    system = Provisioning()
    async with served(system.app) as address:
        settings = PLUGIN.settings(url=f"{address}/soap", poll_seconds=0.02)
        hurried = PLUGIN.settings(url=f"{address}/soap", poll_seconds=0.02, answer_seconds=0.3)
        yield AdapterTarget(
            create=lambda: PLUGIN.create(Role.ACTIVATION, settings, HERE),
            hurried=lambda: PLUGIN.create(Role.ACTIVATION, hurried, HERE),
            conformance=HERE / "conformance.yaml",
            vocabularies=[HERE / "codes.yaml"],
            legacy=Side(system),
        )


class TestSoap(ActivationContract):
    """Every check of the role."""

    scenarios = (Path(__file__).with_name("fibre-without-reservation.yaml"),)

"""The fault proxy stands in for a legacy system that cannot be told to misbehave: the honest adapter passes behind it."""

from pathlib import Path

import pytest

from adapters.simulated import plugins
from contract_tests.adapter import AdapterTarget, FieldWorkContract
from contract_tests.proxy import FaultProxy
from gateway.ports.adapter import Role
from tests.contract.simulated import ADAPTERS, run

pytestmark = pytest.mark.server
CODES = ["ONC-1", "ERR-1", "ERR-2", "ERR-3", "ERR-5", "ERR-6", "ERR-8", "ERR-9"]


async def test_the_faults_of_a_proxy_are_those_of_a_system(simulation):
    plugin = plugins.FIELD
    async with FaultProxy(simulation.urls[Role.FIELD_WORK]) as proxy:
        settings = plugin.settings(**{**simulation.settings[Role.FIELD_WORK], "url": proxy.url})
        hurried = settings.model_copy(update={"answer_seconds": 0.2})
        target = AdapterTarget(
            create=lambda: plugin.create(Role.FIELD_WORK, settings, Path()),
            conformance=ADAPTERS / "field" / "conformance.yaml",
            vocabularies=[ADAPTERS / "field" / "codes.yaml"],
            legacy=proxy,
            hurried=lambda: plugin.create(Role.FIELD_WORK, hurried, Path()),
        )
        found = await run(FieldWorkContract, target, CODES)
    assert len(found) > 12
    assert {label: wrong for label, wrong in found.items() if wrong} == {}

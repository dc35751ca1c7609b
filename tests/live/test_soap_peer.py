"""The adapter for SOAP with PHP's engine. `RECORD=1` records anew what the other tests replay."""

import time
from pathlib import Path

import pytest

from adapters.soap.plugin import PLUGIN
from gateway.ports.adapter import Role
from tests.adapters.playing import recording
from tests.adapters.soap.scenarios import SCENARIOS
from tests.adapters.soap.test_replayed import RECORDED


@pytest.fixture
async def soap(soap_peer):
    adapter = PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(url=soap_peer), Path())
    yield adapter
    await adapter.close()


@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
async def test_a_foreign_engine_is_understood(soap, play):
    began = time.perf_counter()
    context, _ = recording(RECORDED / "activate" / play.__name__)
    with context:
        await play(soap)
    print(f"\nsoap: {play.__name__}: {time.perf_counter() - began:.2f} s")


async def test_its_health(soap):
    assert await soap.check() == "soap answers; its WSDL is what the mapping needs"

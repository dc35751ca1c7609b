"""The adapter for TM Forum's APIs with tmf-mock. `RECORD=1` records anew what the other tests replay."""

import time
from pathlib import Path

import httpx
import pytest

from adapters.tmf.plugin import PLUGIN
from gateway.ports.adapter import Role
from gateway.ports.outcome import Known
from tests.adapters.orders import fibre
from tests.adapters.playing import recording
from tests.adapters.tmf.scenarios import SCENARIOS
from tests.adapters.tmf.test_replayed import DIALECT, RECORDED

ORDERS = "/tmf-api/serviceOrdering/v4/serviceOrder"


@pytest.fixture
async def tmf(tmf_mock):
    adapter = PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(url=tmf_mock, **DIALECT), Path())
    yield adapter
    await adapter.close()


@pytest.fixture
async def http(tmf_mock):
    async with httpx.AsyncClient(base_url=tmf_mock, trust_env=False) as client:
        (await client.post("/admin/reset")).raise_for_status()
        yield client


@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
async def test_an_upstream_that_nobody_here_wrote_is_understood(tmf, http, play):
    async def told(number, state):
        answer = await http.patch(f"{ORDERS}/{number}", json={"state": state})
        answer.raise_for_status()
        assert answer.json()["href"].startswith("http://localhost:8000/"), "its links lead elsewhere"

    began = time.perf_counter()
    context, _ = recording(RECORDED / "activate" / play.__name__)
    with context:
        await play(tmf, told)
    print(f"\ntmf-mock: {play.__name__}: {time.perf_counter() - began:.2f} s")


async def test_an_order_among_more_than_a_page_is_found(tmf, http):
    line = {"id": "1", "action": "add", "service": {"state": "active"}}
    for number in range(110):
        body = {"externalId": f"X-{number}", "orderItem": [line]}
        (await http.post(ORDERS, json=body)).raise_for_status()
    assert await tmf.outcome_of(fibre(order="M-2")) is Known.ABSENT
    await tmf.submit(fibre(order="M-2"))
    assert await tmf.outcome_of(fibre(order="M-2")) is Known.PRESENT


async def test_its_health(tmf):
    assert await tmf.check() == "tmf answers at /tmf-api/serviceOrdering/v4"

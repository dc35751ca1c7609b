"""The adapter for TM Forum's APIs with tmf-mock."""

import time
from pathlib import Path

import httpx
import pytest

from adapters.tmf.plugin import PLUGIN
from gateway.ports.adapter import Outcome, Role
from gateway.ports.errors import Refused
from gateway.ports.outcome import Known
from tests.adapters.orders import fibre, said

ORDERS = "/tmf-api/serviceOrdering/v4/serviceOrder"


@pytest.fixture
async def tmf(tmf_mock):
    settings = PLUGIN.settings(url=tmf_mock, item_key="orderItem", cancel="patch")
    adapter = PLUGIN.create(Role.ACTIVATION, settings, Path())
    yield adapter
    await adapter.close()


@pytest.fixture
async def http(tmf_mock):
    async with httpx.AsyncClient(base_url=tmf_mock, trust_env=False) as client:
        yield client


async def test_an_order_is_placed_once_and_followed_to_its_end(tmf, http):
    began = time.perf_counter()
    first = await tmf.submit(fibre(order="M-1"))
    assert first.outcome is Outcome.WORKING
    number = first.legacy_ids["tmf M-1"]
    assert (await tmf.submit(fibre(order="M-1"))).legacy_ids["tmf M-1"] == number
    shown = (await http.get(f"{ORDERS}/{number}")).json()
    assert shown["href"].startswith("http://localhost:8000/"), "its links lead elsewhere"
    assert shown["externalId"] == "M-1"
    for state in ("inProgress", "completed"):
        (await http.patch(f"{ORDERS}/{number}", json={"state": state})).raise_for_status()
        report = await tmf.fetch(fibre(order="M-1"))
        assert (report.outcome is Outcome.DONE) is (state == "completed")
    (fact,) = said(report, "service.activated")
    assert fact.value["downstreamRate"] == {"amount": 500000, "units": "kbit/s"}
    print(f"\ntmf-mock: placed, placed again, followed to its end: {time.perf_counter() - began:.2f} s")


async def test_an_order_among_more_than_a_page_is_found(tmf, http):
    line = {"id": "1", "action": "add", "service": {"state": "active"}}
    for number in range(110):
        body = {"externalId": f"X-{number}", "orderItem": [line]}
        (await http.post(ORDERS, json=body)).raise_for_status()
    assert await tmf.outcome_of(fibre(order="M-2")) is Known.ABSENT
    await tmf.submit(fibre(order="M-2"))
    assert await tmf.outcome_of(fibre(order="M-2")) is Known.PRESENT


async def test_an_order_is_cancelled_by_its_state_and_a_delivered_one_is_not(tmf, http):
    made = await tmf.submit(fibre(order="M-3"))
    assert (await tmf.cancel(fibre(order="M-3"))).outcome is Outcome.DONE
    assert (await http.get(f"{ORDERS}/{made.legacy_ids['tmf M-3']}")).json()["state"] == "cancelled"
    with pytest.raises(Refused, match="delivered"):
        await tmf.cancel(fibre(order="M-1"))


async def test_its_health(tmf):
    assert await tmf.check() == "tmf answers at /tmf-api/serviceOrdering/v4"

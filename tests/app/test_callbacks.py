"""A system that reports back to the address that it was given: kept first, understood by its adapter, taken once."""

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from adapters.simulated.field import from_legacy
from adapters.simulated.field.adapter import FieldAdapter
from adapters.simulated.field.to_legacy import Job
from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient
from gateway.app.serve import running
from gateway.app.settings import Settings
from gateway.ports.adapter import Capability, Outcome, Report
from gateway.ports.errors import Unreadable
from tests.app.conftest import Gateway

pytestmark = pytest.mark.server


@pytest.fixture
def addresses(monkeypatch):
    """Where the field system was told to report back, by operation; its adapter does not ask for an hour."""
    told = {}

    def report(self, called):
        if not isinstance(called.json_body, dict):
            raise Unreadable("simulated-field posted no ticket", str(called.text)[:20])
        ticket = from_legacy.read_ticket(called.json_body)
        job = Job(ticket.Item, None, visit=True, devices=("ont",))
        facts = from_legacy.completed(self._speaker, job, ticket, self._words)
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    def working(self, ids):
        return Report(outcome=Outcome.WORKING, legacy_ids=ids, again_after_seconds=3600)

    submit = FieldAdapter.submit

    async def submitted(self, message):
        told[message.operation] = message.callback
        return await submit(self, message)

    monkeypatch.setattr(FieldAdapter, "capabilities", {**FieldAdapter.capabilities, "callback": Capability.FULL})
    monkeypatch.setattr(FieldAdapter, "report_from_callback", report, raising=False)
    monkeypatch.setattr(FieldAdapter, "submit", submitted)
    monkeypatch.setattr(FieldAdapter, "_working", working)
    return told


@pytest.fixture
async def gateway(tmp_path, store, monkeypatch):
    monkeypatch.setenv("CALLBACK_KEY", "0123456789abcdef")
    settings = Settings(
        port=0,
        database=store,
        simulated_folder=tmp_path / "landscape",
        pace=0.02,
        public_url="https://gw.example",
        callback_secret="env:CALLBACK_KEY",
    )
    async with running(settings) as (runtime, address), GatewayClient(address) as client:
        systems = {role.value: found["url"] for role, found in runtime.live.addresses.items()}
        yield Gateway(client, runtime, systems)


async def until(condition):
    async with asyncio.timeout(30):
        while not (found := await condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def test_what_a_system_reports_back_takes_the_order_on(addresses, gateway):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    order = await gateway.send(bodies.product_order("callback-1", 1011, [item]))

    async def closed_ticket():
        async with httpx.AsyncClient(base_url=gateway.systems["field-work"], trust_env=False) as http:
            found = (await http.get("/REST/1.0/tickets", params={"Reference": order})).json()["items"]
        return next((one for one in found if one["Status"] == "CPD"), None)

    ticket = await until(closed_ticket)
    address = addresses["build"]
    assert address.startswith("https://gw.example/lifecycle/v1/callbacks/")
    path = urlsplit(address).path

    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    for wrong in (changed, path.rpartition("/")[0] + "/x.y", path.replace(".", "")):
        refused = await gateway.http.post(wrong, json=ticket)
        assert (refused.status_code, refused.json()["reason"]) == (404, "nothing is reported back here")
    assert (await gateway.http.get(path)).status_code == 405
    assert (await gateway.http.post(path, content=b"<", headers={"content-type": "text/html"})).status_code == 415
    assert (
        await gateway.http.post(path, content=b"{", headers={"content-type": "application/json"})
    ).status_code == 400
    assert (await gateway.http.get("/lifecycle/v1/heard")).json() == []

    for _ in range(2):
        taken = await gateway.http.post(path, json=ticket)
        assert (taken.status_code, taken.content) == (204, b"")

    async def is_closed():
        return (await gateway.client.timeline(order))["lifecycle"]["checkpoint"] == "closed"

    await until(is_closed)
    (heard,) = (await gateway.http.get("/lifecycle/v1/heard")).json()
    assert (heard["face"], heard["eventType"], heard["times"]) == ("callback", "build callback", 2)
    assert (heard["status"], heard["system"], heard["order"]) == ("claimed", "simulated-field", order)
    # What comes later is kept, and holds nobody: here it cannot even be read.
    late = await gateway.http.post(path, content="<fertig/>", headers={"content-type": "text/xml"})
    assert late.status_code == 204

    async def is_looked_at():
        first = (await gateway.http.get("/lifecycle/v1/heard")).json()[0]
        return first if first["status"] != "stored" else None

    heard = await until(is_looked_at)
    assert (heard["status"], "posted no ticket" in heard["reason"]) == ("unclaimed", True)
    assert await is_closed()

"""Orders through Tryton, Request Tracker and FreeRADIUS together, as anybody sends them."""

import time

import pytest

from adapters.tryton.client import TrytonClient
from adapters.tryton.settings import TrytonSettings
from gateway.app.demo.bodies import added, product_order, rate
from gateway.app.demo.client import GatewayClient
from gateway.app.demo.report import print_billing, print_timeline, wide_console
from gateway.app.demo.run import run_demo
from gateway.app.serve import running
from gateway.app.settings import Settings
from gateway.ports.adapter import Role

_LIMIT_SECONDS = 150.0


@pytest.fixture
async def gateway(tmp_path):
    """A gateway with the landscape of real systems: all of them are started, and stopped with it."""
    settings = Settings(port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", landscape="real", pace=0.2)
    async with running(settings) as (runtime, address):
        yield runtime, address


async def test_from_the_lead_to_the_posted_bill(gateway):
    """Lead, order, ticket, access with the sold rate, posted invoice, TMF678 bill; prints its seconds and timeline."""
    runtime, address = gateway
    tryton = TrytonClient(TrytonSettings(**runtime.live.addresses[Role.CUSTOMER]))
    (party,) = await tryton.rows("party.party", [["code", "=", "CUST-1011"]], ["code"])
    lead = await tryton.create("sale.opportunity", {"party": party["id"], "reference": "flow-1"})
    began, timeline = time.monotonic(), {}
    item = added("1", "FIBRE-500", 1011, place=1011, characteristics=[rate(500)])
    async with GatewayClient(address) as client:
        answer = await client.create("tmf622-v4", product_order("flow-1", 1011, [item]))
        assert answer.status_code == 201
        order = answer.json()["id"]
        async for timeline in client.follow(order, _LIMIT_SECONDS):  # noqa: B007 - the last one counts
            pass
        seconds = time.monotonic() - began
        rates, bills = await client.billing(timeline)
    console = wide_console()
    console.print(f"\nfrom the order to its posted bill: {seconds:.1f} s")
    print_timeline(console, timeline)
    print_billing(console, rates, bills)
    assert timeline["lifecycle"]["checkpoint"] == "closed"

    (taken,) = await tryton.rows("sale.opportunity", [["id", "=", lead]], ["reference", "description"])
    assert (taken["reference"], taken["description"]) == (order, "flow-1")
    facts = {(one.predicate, one.source.system): one for one in (await runtime.repository.load(order)).facts}
    assert facts["field.completed", "request-tracker"].evidence
    for system in ("radius-sql", "radius-probe"):  # its rows, and an Access-Accept of the server itself
        assert facts["service.activated", system].value["downstreamRate"] == {"amount": 500000, "units": "kbit/s"}
    assert [(bill["taxIncludedAmount"]["value"], bill["state"]) for bill in bills] == [(48.0, "sent")]
    (invoice,) = await tryton.rows("account.invoice", [["reference", "=", order]], ["number", "state"])
    assert (invoice["number"], invoice["state"]) == (bills[0]["billNo"], "posted")
    await tryton.close()


async def test_the_day_of_the_demonstration_comes_to_its_end():
    assert await run_demo(as_json=False, keep=False, port=0, pace=0.2, landscape="real") == 0

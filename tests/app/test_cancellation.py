"""Cancelling through the simulated landscape: a process that dies in the middle, a fee, both versions."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient
from gateway.app.serve import running
from gateway.app.settings import Settings

pytestmark = pytest.mark.server

ORDERS = 5
SHIPPED = Path(__file__).parents[2] / "adapters" / "simulated"
TASKS = "/tmf-api/productOrderingManagement/{}/cancelProductOrder"


def fibre(name, number=0):
    item = bodies.added("1", "FIBRE-500", 1011 + number, place=1011 + number, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011 + number, [item])


async def until(look, *, seconds=60.0):
    """Wait until something is there; return it."""
    for _ in range(int(seconds / 0.05)):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it never came")


async def steps(client, order_id):
    timeline = (await client.timeline(order_id))["timeline"]
    return [one["cause"] for one in timeline if one["kind"] == "event" and "cause" in one]


async def is_under_way(client, order_id):
    return (await client.timeline(order_id))["lifecycle"]["checkpoint"] in {"release", "ready"}


def rows(stores, system, statement):
    database = sqlite3.connect(stores / f"{system}.sqlite")
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


async def test_killed_while_it_calls_back_it_goes_on_and_nothing_is_left_or_undone_twice(process):
    process.start("--pace", "0.7")
    async with GatewayClient(process.address) as client:
        made = [await client.create("tmf622-v4", fibre(f"cancelled-{number}", number)) for number in range(ORDERS)]
        ids = [answer.json()["id"] for answer in made]
        for order_id in ids:
            await until(lambda order_id=order_id: is_under_way(client, order_id))
            assert (await client.cancel(order_id, "moved away")).status_code == 201
        await until(lambda: steps(client, ids[-1]))
        await asyncio.sleep(0.3)  # into the first call or the second
        told = [await steps(client, order_id) for order_id in ids]
        process.kill()
    process.start()
    async with GatewayClient(process.address) as client:

        async def has_ended(order_id):
            timeline = await client.timeline(order_id)
            return timeline["lifecycle"]["checkpoint"] in {"ended", "closed"} and timeline["state"]

        ends = [await until(lambda order_id=order_id: has_ended(order_id)) for order_id in ids]
        tasks = (await client._http.get(TASKS.format("v5"))).json()
    process.stop()
    assert [one for one in told if one and "cancel gather at customer: undone" not in one], "none was in the middle"
    of_order = {task["productOrder"]["id"]: task for task in tasks}
    gone = {order_id for order_id, end in zip(ids, ends, strict=True) if end == "cancelled"}
    assert gone, ends
    for order_id, end in zip(ids, ends, strict=True):
        assert (of_order[order_id]["state"] == "done") == (end == "cancelled"), (end, of_order[order_id])
    stores = Path(process.database.removeprefix("sqlite:///") + ".landscape")
    for system in ("field", "activation", "billing"):
        twice = "select operation, reference, item from journal group by 1, 2, 3 having count(*) > 1"
        assert rows(stores, system, twice) == []
    left = "select reference, body ->> '$.state' from object where kind = '{}'"
    for kind, good in (("reservation", {"FRE"}), ("service", {"TRM", "ERR"})):
        found = {state for reference, state in rows(stores, "activation", left.format(kind)) if reference in gone}
        assert found <= good, kind
    tickets = rows(stores, "field", "select reference, body ->> '$.Status' from object")
    assert {status for reference, status in tickets if reference in gone} == {"CXL"}
    assert not gone & {row[0] for row in rows(stores, "billing", "select reference from object")}


@pytest.fixture
async def priced(tmp_path):
    """A gateway in a landscape that lets field work be cancelled, for a fee."""
    for name in ("landscape.yaml", "catalogue.yaml"):
        said = "fieldWork: {past: price, fee: {unit: EUR, value: 79.00}, taxRate: 20}"
        text = (SHIPPED / name).read_text(encoding="utf-8").replace("fieldWork: {past: refuse}", said)
        (tmp_path / name).write_text(text, encoding="utf-8")
    database = f"sqlite:///{tmp_path / 'gateway.sqlite'}"
    settings = Settings(
        port=0, database=database, pace=0.02, backoff_cap_seconds=0.5, landscape=str(tmp_path / "landscape.yaml")
    )
    async with running(settings) as (runtime, address), GatewayClient(address) as client:
        client.systems = {role.value: found["url"] for role, found in runtime.live.addresses.items()}
        yield client


async def test_after_the_visit_a_cancellation_costs_a_fee_that_both_versions_show(priced):
    http = priced._http
    fault = {"reference": "late", "fault": "unknown-code"}
    assert (await http.post(f"{priced.systems['activation']}/_faults", json=fault)).is_success
    order_id = (await priced.create("tmf622-v4", fibre("late"))).json()["id"]

    async def is_held():
        return (await priced.timeline(order_id))["state"] == "held"

    await until(is_held)
    await http.delete(f"{priced.systems['activation']}/_faults", params={"reference": "late"})
    body = {"@type": "CancelProductOrder", "productOrder": {"id": order_id, "@type": "ProductOrderRef"}}
    task = await http.post(TASKS.format("v5"), json=body | {"cancellationReason": "too late"})
    assert task.status_code == 201, task.text
    assert task.json()["creationDate"]

    async def has_ended():
        found = (await http.get(task.headers["location"])).json()
        return found["state"] not in {"acknowledged", "inProgress"} and found

    ended = await until(has_ended)
    assert ended["state"] == "done", await priced.timeline(order_id)
    assert ended["effectiveCancellationDate"]
    told = await steps(priced, order_id)
    assert [one for one in told if not one.endswith("asked")] == [
        f"cancel {what}"
        for what in (
            "activate at activation: undone",
            "build at field-work: undone",
            "book at field-work: undone",
            "reserve at activation: undone",
            "gather at customer: undone",
            "fee at billing: charged",
        )
    ]
    order = (await http.get(f"/tmf-api/productOrderingManagement/v4/productOrder/{order_id}")).json()
    assert (order["state"], order["cancellationReason"]) == ("cancelled", "too late")
    (rate,) = (await http.get("/tmf-api/customerBillManagement/v4/appliedCustomerBillingRate")).json()
    assert (rate["type"], rate["taxExcludedAmount"]) == ("fee", {"unit": "EUR", "value": 79.0})
    (rate,) = (await http.get("/tmf-api/customerBillManagement/v5/appliedCustomerBillingRate")).json()
    assert rate["appliedBillingRateType"] == "fee"

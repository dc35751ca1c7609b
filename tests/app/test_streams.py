"""Streams, lanes and systems as an operator sees them, through the face and the command line of a whole gateway."""

import asyncio
from datetime import datetime

import pytest
from typer.testing import CliRunner

from gateway.app.cli import app
from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient
from gateway.app.serve import running
from gateway.app.settings import Settings

pytestmark = pytest.mark.server

WORD = {"who": "olga", "reason": "the system is mended"}


def order(name, number=0):
    customer = 1011 + number % 8
    item = bodies.added("1", "FIBRE-500", customer, place=1011 + number % 30, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, customer, [item])


async def until(condition, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not (found := await condition()):  # noqa: ASYNC110 - the face sends no events
            await asyncio.sleep(0.03)
    return found


@pytest.fixture
async def lifecycle(gateway):
    async def ask(method, path, status=200, **more):
        answer = await gateway.http.request(method, f"/lifecycle/v1{path}", **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


async def system(lifecycle, name):
    return await lifecycle("GET", f"/systems/{name}")


async def test_a_system_that_is_down_is_seen_waited_for_and_found_again(gateway, lifecycle):
    await gateway.misbehave("activation", "-", "down:600")
    ids = [await gateway.send(order(f"down-{number}", number)) for number in range(12)]

    async def is_down():
        return (await system(lifecycle, "simulated-activation"))["state"] in {"open", "half-open"}

    await until(is_down)
    down = await system(lifecycle, "simulated-activation")
    assert down["reason"] == "simulated-activation is busy (503)"
    assert [change["state"] for change in down["changes"]] == ["open"]

    async def all_wait():
        page = await lifecycle("GET", "/streams", params={"lane": "activation"})
        return len(page) == 12 and all("waitsFor" in one for one in page) and page

    page = await until(all_wait)
    assert page[0]["waitsFor"].startswith("waits for system simulated-activation, down since 20")
    # The few calls that found it out are all that was tried.
    assert sum(one["attempts"] for one in page) <= 5
    timeline = await gateway.client.timeline(ids[0])
    assert timeline["waitsFor"] == [page[0]["waitsFor"]]
    assert any(entry["kind"] == "system" and entry["cause"] == page[0]["waitsFor"] for entry in timeline["timeline"])
    assert not timeline["holds"]
    await gateway.http.request("DELETE", gateway.systems["activation"] + "/_faults")
    await lifecycle("POST", "/systems/simulated-activation/release", json=WORD)
    for order_id in ids:
        ended = await gateway.end(order_id, 40.0)
        assert ended["lifecycle"]["checkpoint"] == "closed", ended["holds"]
    up = await system(lifecycle, "simulated-activation")
    assert up["state"] == "closed"
    assert up["changes"][0]["state"] == "closed"
    assert (await gateway.journal("activation"))["duplicates"] == 0
    figures = {one["lane"]: one for one in await lifecycle("GET", "/lanes")}
    assert figures["activation"]["depth"] == figures["activation"]["parked"] == 0


async def test_a_system_that_an_operator_stops_is_asked_nothing(gateway, lifecycle):
    await gateway.end(await gateway.send(order("before")))
    stopped = await lifecycle("POST", "/systems/simulated-field/stop", json={"who": "olga", "reason": "maintenance"})
    assert (stopped["state"], stopped["reason"]) == ("locked", "stopped by olga: maintenance")
    order_id = await gateway.send(order("during"))

    async def waits():
        return (await gateway.client.timeline(order_id)).get("waitsFor")

    (text,) = await until(waits)
    assert "simulated-field, not asked since" in text
    assert text.endswith("stopped by olga: maintenance")
    assert (await gateway.journal("field-work", "during"))["entries"] == []
    await lifecycle("POST", "/systems/simulated-field/release", json=WORD)
    assert (await gateway.end(order_id))["lifecycle"]["checkpoint"] == "closed"


async def test_a_system_that_lets_nobody_in_waits_for_a_person_and_holds_no_order(gateway, lifecycle):
    await gateway.misbehave("activation", "-", "barred")
    ids = [await gateway.send(order(f"barred-{number}", number)) for number in range(3)]

    async def is_locked():
        return (await system(lifecycle, "simulated-activation"))["state"] == "locked"

    await until(is_locked)
    assert "does not let us in (401)" in (await system(lifecycle, "simulated-activation"))["reason"]

    async def all_wait():
        page = await lifecycle("GET", "/streams", params={"lane": "activation"})
        return len(page) == 3 and {(one["state"], one["attempts"]) for one in page} == {("due", 0)}

    await until(all_wait)
    await gateway.http.request("DELETE", gateway.systems["activation"] + "/_faults")
    await lifecycle("POST", "/systems/simulated-activation/release", json=WORD)
    for order_id in ids:
        ended = await gateway.end(order_id)
        assert (ended["lifecycle"]["checkpoint"], ended["holds"]) == ("closed", [])


@pytest.fixture
async def impatient(tmp_path):
    """A gateway that gives up at once, over a system whose failures never close the circuit."""
    settings = Settings(
        port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", pace=0.02, give_up_seconds=0.001,
        circuit_failures=1000, backoff_cap_seconds=0.05,
    )  # fmt: skip
    async with running(settings) as (runtime, address), GatewayClient(address) as client:
        await client._http.post(
            runtime.live.addresses["customer"]["url"] + "/_faults", json={"reference": "-", "fault": "down:600"}
        )
        yield client, runtime


async def test_what_is_parked_is_listed_shown_replayed_skipped_and_purged(impatient):
    client, runtime = impatient
    ids = [(await client.create("tmf622-v4", order(f"parked-{number}"))).json()["id"] for number in range(5)]

    async def run(*arguments, ends=0):
        options = ["--url", client.address]
        done = await asyncio.to_thread(CliRunner().invoke, app, ["streams", *arguments, *options])
        assert done.exit_code == ends, (done.output, done.exception)
        return done.output

    async def all_parked():
        answer = await client._http.get("/lifecycle/v1/streams", params={"state": "parked", "lane": "customer"})
        return len(answer.json()) == 5

    await until(all_parked)
    listed = await run("list", "--state", "parked")
    assert all(order_id in listed for order_id in ids)
    shown = await run("show", "customer", ids[0])
    assert "given up after" in shown
    assert "gather" in shown
    await run("replay", "customer", ids[0], ends=1)  # no reason
    word = ["--who", "olga", "--reason", "it is mended"]
    await client._http.request("DELETE", runtime.live.addresses["customer"]["url"] + "/_faults")
    assert "1 go on" in await run("replay", "customer", ids[0], *word)

    async def is_closed():
        return (await client.timeline(ids[0]))["lifecycle"]["checkpoint"] == "closed"

    await until(is_closed)
    # Asked to be judged again, an order's parked work is not in the way.
    await client._http.post(f"/lifecycle/v1/orders/{ids[4]}/recheck")

    async def is_closed_as_well():
        return (await client.timeline(ids[4]))["lifecycle"]["checkpoint"] == "closed"

    await until(is_closed_as_well)
    assert "dropped" in await run("skip", "customer", ids[1], *word)
    assert "dropped" in await run("skip", "customer", ids[2], "--whole", *word)
    left = await client._http.get("/lifecycle/v1/streams", params={"lane": "customer"})
    assert [one["key"] for one in left.json()] == [ids[3]]
    assert "1 streams with 1 pieces" in await run("purge", "--older-than-days", "0", *word)
    assert (await client._http.get("/lifecycle/v1/streams", params={"lane": "customer"})).json() == []
    # What was thrown away is not forgotten by its order: it stays held, and can be asked again.
    assert (await client._http.post(f"/lifecycle/v1/orders/{ids[3]}/recheck")).status_code == 202

    async def is_closed_too():
        return (await client.timeline(ids[3]))["lifecycle"]["checkpoint"] == "closed"

    await until(is_closed_too)
    assert "customer" in await run("lanes")
    assert "simulated-crm" in await run("systems")


BAD_QUESTIONS = [
    ("GET", "/streams?lane=nowhere", None, 400, "badParameter"),
    ("GET", "/streams?state=lost", None, 400, "badParameter"),
    ("GET", "/streams/nowhere?key=1", None, 404, "notFound"),
    ("GET", "/streams/customer?key=1", None, 404, "notFound"),
    ("GET", "/lanes?minutes=0", None, 400, "badParameter"),
    ("GET", "/systems/nobody", None, 404, "notFound"),
    ("POST", "/systems/nobody/release", WORD, 404, "notFound"),
    ("POST", "/systems/simulated-crm/stop", {"who": "olga"}, 400, "schema"),
    ("POST", "/streams/customer/skip", WORD | {"key": "1"}, 404, "notFound"),
    ("POST", "/streams/customer/replay", WORD | {"key": "1"}, 404, "notFound"),
    ("POST", "/streams/purge", WORD | {"olderThanDays": -1}, 400, "schema"),
    ("POST", "/streams/purge", WORD | {"olderThanDays": 1, "lane": "x"}, 400, "schema"),
]  # fmt: skip


async def test_bad_questions_get_a_clear_answer(tmp_path):
    settings = Settings(port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", workers=0)
    async with running(settings) as (_, address), GatewayClient(address) as client:
        for method, path, body, status, code in BAD_QUESTIONS:
            answer = await client._http.request(method, f"/lifecycle/v1{path}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (status, code), (path, answer.text)


async def test_a_gateway_that_is_stopped_ends_what_it_has_in_hand_and_says_that_it_is_not_ready(tmp_path):
    settings = Settings(
        port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", pace=0.02, linger_seconds=0.3, drain_seconds=5.0
    )
    async with running(settings) as (runtime, address), GatewayClient(address) as client:
        assert await client.is_alive()
        draining = asyncio.create_task(runtime.drain())
        await asyncio.sleep(0)
        answer = await client._http.get("/lifecycle/v1/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "draining")
        assert answer.headers["retry-after"]
        # What comes now is taken in all the same, and is left to others.
        order_id = (await client.create("tmf622-v4", order("late"))).json()["id"]
        await draining
        page = (await client._http.get("/lifecycle/v1/streams", params={"key": order_id})).json()
        assert [one["state"] for one in page] == ["due"]
        assert datetime.fromisoformat(page[0]["dueAt"])

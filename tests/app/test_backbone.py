"""A whole gateway with a real NATS server: what it publishes, what it takes, and what it cannot take."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import orjson
import pytest
from typer.testing import CliRunner

import adapters.simulated
from gateway.app.cli import app
from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient
from gateway.app.serve import running
from gateway.app.settings import Settings
from gateway.faces.application import SPOKES
from gateway.faces.backbone import render, shown_as
from tests.asyncapi import check_event
from tests.nats_server import NatsServer

pytestmark = pytest.mark.server

SECRET = "s3cret-and-never-seen"
USERS = f'authorization {{ users: [ {{ user: gateway, password: "{SECRET}" }} ] }}'
SOURCES = """
broker:
  factsFrom:
    - subject: survey.facts.>
      stream: SURVEY
      systems: [survey]
"""
WORD = {"who": "olga", "reason": "the order is there now"}


def order(name, place=1011):
    item = bodies.added("1", "FIBRE-500", 1011, place=place, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011, [item])


def qualified(order_id, system="survey"):
    return {
        "order": order_id, "predicate": "site.qualified", "subject": "item:1",
        "value": {"place": "ADDR-9001", "technology": "FTTH", "result": "qualified",
                  "maxDownstreamRate": {"amount": 1000, "units": "Mbit/s"}, "validUntil": "2099-01-01T00:00:00Z"},
        "observedAt": "2026-11-01T09:00:00Z", "source": {"system": system}, "assurance": "verified",
    }  # fmt: skip


def wrapped(data):
    envelope = {"specversion": "1.0", "id": "1", "source": "/survey", "type": "survey.result"}
    return orjson.dumps(envelope | {"datacontenttype": "application/json", "data": data})


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not (found := await condition()):  # noqa: ASYNC110 - the face sends no events
            await asyncio.sleep(0.03)
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = NatsServer(tmp_path_factory.mktemp("nats"), USERS).start()
    yield server
    server.kill()


@pytest.fixture
async def client(server):
    client = await nats.connect(server.url, user="gateway", password=SECRET)
    yield client
    await client.close()


@pytest.fixture
def landscape(tmp_path):
    shipped = Path(adapters.simulated.__file__).parent
    shutil.copy(shipped / "catalogue.yaml", tmp_path)
    file = tmp_path / "landscape.yaml"
    file.write_text((shipped / "landscape.yaml").read_text() + SOURCES)
    return file


@asynccontextmanager
async def gateway(folder, server, **more):
    settings = Settings(
        port=0, database=f"sqlite:///{folder / 'gateway.sqlite'}", pace=0.02, backoff_cap_seconds=0.5,
        circuit_cap_seconds=0.2, circuit_first_seconds=0.1, broker_url=server.url, **more,
    )  # fmt: skip
    async with running(settings) as (runtime, address), GatewayClient(address) as client:
        client.runtime = runtime
        yield client


async def at_end(gateway, order_id):
    async def ended():
        return (await gateway.timeline(order_id))["lifecycle"]["checkpoint"] == "closed"

    await until(ended)
    return await gateway.timeline(order_id)  # the events of a timeline are read before where the order stands


async def published(client, order_id, count, stream="tmf-gateway"):
    """Read events of an order from the beginning of the stream until there are so many."""
    subscription = await client.jetstream().subscribe(
        "tmf-gateway.simulated.orders.*", stream=stream, ordered_consumer=True
    )
    found = []
    while len(found) < count:
        said = orjson.loads((await subscription.next_msg(timeout=20)).data)
        if said["subject"] == order_id:
            found.append(said)
    await subscription.unsubscribe()
    return found


async def test_facts_arrive_by_message_and_events_leave_by_message(
    tmp_path, server, client, landscape, monkeypatch, capfd
):
    monkeypatch.setenv("NATS_SECRET", f"gateway:{SECRET}")
    jetstream = client.jetstream()
    await jetstream.add_stream(name="SURVEY", subjects=["survey.facts.>"])
    async with gateway(tmp_path, server, landscape=str(landscape), broker_credentials="env:NATS_SECRET") as running_one:
        ask = running_one._http.request
        answer = await running_one.create("tmf622-v4", order("late", place=9001))
        assert answer.status_code == 201, answer.text
        order_id = answer.json()["id"]

        async def held():
            return (await running_one.timeline(order_id))["holds"]

        await until(held)
        bad = [b"{no json", wrapped(qualified("nowhere")), orjson.dumps(qualified(order_id, "stranger"))]
        bad += [wrapped({"order": order_id, "predicate": "site.qualified"}), b""]
        for body in (*bad, wrapped(qualified(order_id)), orjson.dumps(qualified(order_id))):
            await jetstream.publish("survey.facts.berlin", body)
        timeline = await at_end(running_one, order_id)
        facts = [fact for fact in timeline["facts"] if fact["source"]["system"] == "survey"]
        assert len(facts) == 1  # said twice, kept once

        async def all_acknowledged():
            info = await jetstream.consumer_info("SURVEY", "tmf-gateway-simulated")
            return info.num_pending == 0 and info.num_ack_pending == 0

        await until(all_acknowledged)
        letters = (await ask("GET", "/lifecycle/v1/dead-letters", params={"state": "open"})).json()
        assert sorted(one["code"] for one in letters) == [
            "emptyBody", "forbidden", "malformedBody", "notFound", "schema",
        ]  # fmt: skip
        await dead_letters(ask, {one["code"]: one for one in letters})
        await events(client, ask, order_id, timeline)
        await commands(str(running_one._http.base_url), letters)
        await documented(running_one.runtime.repository, order_id)
        assert (await ask("GET", "/lifecycle/v1/systems/broker")).json()["state"] == "closed"
    assert SECRET not in "".join(capfd.readouterr())


async def dead_letters(ask, letters):
    unknown = letters["notFound"]["href"]
    shown = (await ask("GET", unknown)).json()
    assert shown["content"]["data"]["order"] == "nowhere"
    refused = await ask("POST", f"{unknown}/replay", json=WORD)
    assert (refused.status_code, refused.json()["code"]) == (422, "stillRefused")
    gone = await ask("POST", f"{unknown}/discard", json=WORD)
    assert (gone.json()["state"], gone.json()["closedBy"]) == ("discarded", "olga")
    again = await ask("POST", f"{unknown}/replay", json=WORD)
    assert (again.status_code, again.json()["code"]) == (409, "letterClosed")
    assert (await ask("GET", letters["malformedBody"]["href"])).json()["text"] == "{no json"
    assert (await ask("GET", "/lifecycle/v1/dead-letters/none")).status_code == 404
    left = (await ask("GET", "/lifecycle/v1/dead-letters", params={"state": "open"})).json()
    assert len(left) == len(letters) - 1


async def events(client, ask, order_id, timeline):
    stored = timeline["events"]
    out = await published(client, order_id, len(stored))
    assert [one["id"] for one in out] == [one["id"] for one in stored]
    assert [one["seq"] for one in out] == list(range(1, len(stored) + 1))
    assert {check_event(one) for one in out} == {"tmf622-v5", "tmf641-v5", "tmf678-v5", "canonical"}
    first = out[0]
    assert first["type"] == "tmf-gateway.productOrder.create"
    assert (first["source"], first["partitionkey"]) == ("/tmf-gateway/simulated", order_id)
    assert first["data"]["eventType"] == "ProductOrderCreateEvent"
    assert first["data"]["event"]["productOrder"]["id"] == order_id
    body = {"order": order_id, "who": "olga", "reason": "a new reader"}
    begun = await ask("POST", "/lifecycle/v1/relay/replay", json=body)
    assert begun.status_code == 202, begun.text
    twice = await published(client, order_id, 2 * len(stored))
    assert [one["id"] for one in twice] == 2 * [one["id"] for one in stored]
    assert {one.get("replay") for one in twice[len(stored) :]} == {begun.json()["replay"]}
    unknown = await ask("POST", "/lifecycle/v1/relay/replay", json=body | {"order": "nowhere"})
    assert unknown.status_code == 404


async def documented(repository, order_id):
    """What could be published under other settings is as the document says too."""
    stored, *_ = await repository.timeline(order_id)
    for version in ("v4", "canonical"):
        shown = shown_as(version, SPOKES, "http://gateway.example")
        found = {check_event(orjson.loads(render(event, shown, "/tmf-gateway/simulated"))) for event in stored}
        assert found == ({"canonical"} if version == "canonical" else {"tmf622-v4", "tmf641-v4", "canonical"})


async def commands(url, letters):
    async def run(*words):
        said = await asyncio.to_thread(CliRunner().invoke, app, ["relay", *words, "--url", url])
        assert said.exit_code == 0, (said.output, said.exception)
        return said.output

    left = next(one for one in letters if one["code"] == "schema")
    assert left["id"] in await run("letters")
    assert "predicate" in await run("letter", left["id"])
    word = ("--who", "olga", "--reason", "a test")
    assert "is discarded" in await run("discard", left["id"], *word)
    assert left["id"] in await run("letters", "--state", "closed", "--json")
    assert "has begun" in await run("replay", "--from", "2099-01-01T00:00:00Z", *word)

"""Publishing to a real NATS server and listening to it, through its absences."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import nats
import pytest

from gateway.app.broker_nats import NatsListener, NatsOutlet
from gateway.app.broker_terms import broker_terms
from gateway.app.settings import Settings
from gateway.ports.broker import Outgoing
from gateway.ports.errors import Refused, TryLater
from gateway.vocabulary.broker import FactSource
from tests.nats_server import NatsServer

pytestmark = pytest.mark.server

USERS = 'authorization { users: [ { user: gateway, password: "right" } ] }'


def terms(server, **more):
    return broker_terms(Settings(broker_url=server.url, broker_timeout_seconds=1.0, **more), "test")


def message(number, size=0):
    return Outgoing(f"event-{number}", "order-1", f"event {number} ".encode() + b"." * size)


async def until(condition, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not (found := await condition()):  # noqa: ASYNC110 - a server of another process sends no events
            await asyncio.sleep(0.02)
    return found


async def published(outlet, one):
    """Publish however long that takes, as the lane does."""

    async def done():
        try:
            await outlet.publish(one)
        except TryLater:
            return False
        return True

    await until(done)


@pytest.fixture
def server(tmp_path):
    server = NatsServer(tmp_path)
    yield server
    server.kill()


@pytest.fixture
async def outlet(server):
    outlet = NatsOutlet(terms(server))
    outlet.start()
    yield outlet
    await outlet.close()


async def test_events_go_out_when_the_server_comes_and_when_it_comes_again(server, outlet):
    with pytest.raises(TryLater):
        await outlet.publish(message(1))
    server.start()
    await published(outlet, message(1))
    await outlet.publish(message(1))  # as after a lost acknowledgement
    with pytest.raises(Refused):
        await outlet.publish(message(2, size=2_000_000))
    client = await nats.connect(server.url)
    jetstream = client.jetstream()
    info = await jetstream.stream_info("tmf-gateway")
    assert info.state.messages == 1  # the server knows the id
    assert info.config.subjects == ["tmf-gateway.test.orders.*"]
    await jetstream.update_stream(info.config.evolve(max_msgs=7, max_msg_size=1000))
    with pytest.raises(Refused):
        await outlet.publish(message(3, size=2000))
    server.kill()
    with pytest.raises(TryLater):
        await outlet.publish(message(4))
    server.start()
    await published(outlet, message(4))

    async def kept():
        return (await jetstream.stream_info("tmf-gateway")).config.max_msgs

    assert await kept() == 7  # an operator's stream is left as it is
    await jetstream.delete_stream("tmf-gateway")
    await published(outlet, message(5))
    assert (await jetstream.stream_info("tmf-gateway")).state.messages == 1
    await client.close()


def test_a_server_that_lets_nobody_in_needs_an_operator(tmp_path):
    server = NatsServer(tmp_path, USERS).start()
    environment = {**os.environ, "NATS_SECRET": "gateway:wrong", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(Path(__file__).with_name("refused.py")), server.url]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    finally:
        server.kill()
    assert "correct broker_credentials" in done.stdout
    assert "wrong" not in done.stdout + done.stderr


async def test_facts_are_taken_in_order_through_a_restart_of_the_server(server):
    server.start()
    client = await nats.connect(server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    jetstream = client.jetstream(timeout=2)
    await jetstream.add_stream(name="FACTS", subjects=["facts.>"])
    arrived = []

    async def take(one):
        arrived.append(one)
        return len(arrived) != 3  # once it is given back

    listener = NatsListener(terms(server), FactSource(name="facts.>", is_subject=True, group="gateway"), take)
    listener.start()

    async def has(count):
        return len({one.id for one in arrived}) == count

    async def send(number):
        async def stored():
            try:
                await jetstream.publish("facts.here", str(number).encode(), headers={"Nats-Msg-Id": str(number)})
            except (nats.errors.Error, nats.js.errors.Error):
                return False
            return True

        await until(stored)

    for number in range(5):
        await send(number)
    await until(lambda: has(5))
    server.kill()
    server.start()
    for number in range(5, 10):
        await send(number)
    await until(lambda: has(10))
    await listener.close()
    await client.close()
    bodies = [one.body.decode() for one in arrived]
    assert list(dict.fromkeys(bodies)) == [str(number) for number in range(10)]
    assert bodies.count("2") >= 2
    assert {one.source for one in arrived} == {"facts.here"}

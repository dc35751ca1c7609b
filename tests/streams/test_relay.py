"""Events on their way to a real NATS server that is killed, by processes that are killed."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import nats
import orjson
import pytest

from gateway.canonical.ids import new_id, shard_of
from gateway.canonical.lifecycle import Event, ResourceKind
from gateway.ports.errors import Refused
from gateway.ports.repository import Change
from gateway.storage.database import Database
from gateway.storage.relay import SqlEventHistory
from gateway.storage.repository import SqlRepository
from gateway.streams import queue
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane
from gateway.streams.relay import RELAY_LANE, Relay
from tests.nats_server import NatsServer

ORDERS, STEPS, EVENTS = 24, 5, 3  # events of a step are stored together
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(order_id, seq, at=AT):
    return Event(
        id=new_id(), order_id=order_id, seq=seq, kind=ResourceKind.PRODUCT_ORDER, resource_id=order_id,
        type="stateChange", at=at, state="inProgress", resource=f'{{"id":"{order_id}"}}',
    )  # fmt: skip


def step(order_id, number, at=AT):
    return Change(events=tuple(event(order_id, number * EVENTS + one + 1, at) for one in range(EVENTS)))


class Worker:
    """A process of the relay's lane."""

    def __init__(self, store, broker):
        script = Path(__file__).with_name("relay_worker.py")
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            [sys.executable, str(script), f"sqlite:///{store}", broker, "1.0"],
            env={**os.environ, "PYTHONPATH": str(root)},
        )

    def holds_a_lease(self, store):
        with sqlite3.connect(store) as raw:
            held = f"{self.process.pid}:%"
            return raw.execute("SELECT count(*) FROM stream WHERE token LIKE ?", (held,)).fetchone()[0] > 0

    def freeze(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 - other processes send no events
            await asyncio.sleep(0.01)
    return found


class Consumer:
    """Reads the stream from its beginning, drops repeated ids, and keeps what is left in order."""

    def __init__(self):
        self.seen, self.repeated, self.by_order = set(), 0, {}

    async def read(self, url, count):
        client = await nats.connect(url)
        subscription = await client.jetstream().subscribe("tmf-gateway.test.orders.*", ordered_consumer=True)
        async with asyncio.timeout(30):
            while len(self.seen) < count:
                message = await subscription.next_msg(timeout=20)
                said = orjson.loads(message.data)
                assert message.subject == f"tmf-gateway.test.orders.{shard_of(said['subject'])}"
                if said["id"] in self.seen:
                    self.repeated += 1
                    continue
                self.seen.add(said["id"])
                self.by_order.setdefault(said["subject"], []).append(said["seq"])
        await client.close()


@pytest.mark.server
async def test_every_event_arrives_once_and_in_order_though_the_server_and_the_worker_are_killed(tmp_path):
    server = NatsServer(tmp_path).start()
    store = tmp_path / "store.sqlite"
    database = await Database.open(f"sqlite:///{store}")
    repository = SqlRepository(database, is_relayed=True)
    orders = [new_id() for _ in range(ORDERS)]
    wanted = set()

    async def store_step(number):
        for order_id in orders:
            change = step(order_id, number)
            wanted.update(one.id for one in change.events)
            await repository.save(change)

    await store_step(0)
    first = Worker(store, server.url)
    workers = [first]
    try:

        def waiting():
            with sqlite3.connect(store) as raw:
                return raw.execute("SELECT count(*) FROM work").fetchone()[0]

        await until(lambda: waiting() < ORDERS)
        await store_step(1)
        await until(lambda: first.holds_a_lease(store))
        server.kill()  # under load: a worker is publishing
        await store_step(2)
        assert waiting() >= ORDERS  # nothing goes without the server's word
        await until(lambda: _circuit(store) == "open")
        server.start()
        await store_step(3)

        def frozen_with_a_lease():
            first.freeze()
            if first.holds_a_lease(store):
                return True
            first.go_on()
            return False

        await until(frozen_with_a_lease)
        first.kill()
        assert waiting()
        workers.append(Worker(store, server.url))
        await store_step(4)
        consumer = Consumer()
        await consumer.read(server.url, len(wanted))
        await until(lambda: waiting() == 0)
    finally:
        for worker in workers:
            worker.kill()
        await database.close()
        server.kill()
    assert consumer.seen == wanted
    assert consumer.by_order == {order_id: list(range(1, STEPS * EVENTS + 1)) for order_id in orders}


def _circuit(store):
    with sqlite3.connect(store) as raw:
        return (raw.execute("SELECT state FROM circuit WHERE system = 'broker'").fetchone() or ("",))[0]


class Outlet:
    """Remembers what is published; refuses what is said to be too large."""

    def __init__(self):
        self.out, self.refused = [], set()

    async def publish(self, message):
        if message.id in self.refused:
            raise Refused("tooLarge", "too large")
        self.out.append(message)


@pytest.fixture
async def relay(database):
    outlet, stop = Outlet(), asyncio.Event()
    history = SqlEventHistory(database)
    handler = Relay(history, outlet, lambda event, replay: f"{event.order_id} {event.seq} {replay}".encode())
    dispatcher = Dispatcher(database, [Lane(RELAY_LANE, handler.publish)], None, "test")
    task = asyncio.create_task(dispatcher.run(stop))
    outlet.repository = SqlRepository(database, is_relayed=True)
    outlet.history, outlet.wake = history, dispatcher.wake
    yield outlet
    stop.set()
    await task


async def has(outlet, count):
    await until(lambda: len(outlet.out) >= count)


def said(outlet):
    return [message.body.decode() for message in outlet.out]


async def test_history_is_published_once_more_from_an_instant_on_and_in_order(database, relay):
    quiet = SqlRepository(database)  # before a broker was configured
    old, new = new_id(), new_id()
    early = datetime(2026, 2, 1, tzinfo=UTC)
    await quiet.save(step(old, 0, early))
    await quiet.save(step(old, 1))
    await quiet.save(step(new, 0))
    assert await database.read(lambda conn: queue.statistics(conn, None)) == ()  # nothing is kept for it
    assert await relay.history.begin_replay("one", AT, None, "olga", "a new reader")
    relay.wake()
    await has(relay, 6)
    assert sorted(said(relay)) == sorted(
        [f"{old} {seq} one" for seq in (4, 5, 6)] + [f"{new} {seq} one" for seq in (1, 2, 3)]
    )
    assert [one for one in said(relay) if one.startswith(old)] == [f"{old} {seq} one" for seq in (4, 5, 6)]
    assert all(message.id.endswith("/one") for message in relay.out)
    relay.out.clear()
    assert await relay.history.begin_replay("two", None, old, "olga", "a new reader")
    assert not await relay.history.begin_replay("three", AT, "nobody", "olga", "a new reader")
    await relay.repository.save(step(old, 2))  # what happens meanwhile comes after
    relay.wake()
    await has(relay, 9)
    numbers = [int(one.split()[1]) for one in said(relay)]
    assert list(dict.fromkeys(numbers)) == list(range(1, 10))


async def test_an_event_that_the_broker_never_takes_stops_its_own_order_alone(database, relay):
    bad, good = new_id(), new_id()
    change = step(bad, 0)
    relay.refused.add(change.events[1].id)
    await relay.repository.save(change)
    await relay.repository.save(step(bad, 1))
    await relay.repository.save(step(good, 0))
    relay.wake()
    await has(relay, 4)

    async with asyncio.timeout(20):
        while not (found := await database.read(queue.parked)):  # noqa: ASYNC110 - the store sends no events
            await asyncio.sleep(0.01)
    assert (found[0].lane, found[0].key, found[0].waiting) == (RELAY_LANE, bad, 2)
    assert found[0].reason.startswith(f"event {change.events[1].id} of ")
    assert said(relay).count(f"{bad} 1 None") == 1
    relay.refused.clear()
    await database.write(lambda conn: queue.replay(conn, RELAY_LANE, bad, None))
    relay.wake()
    await has(relay, 10)
    numbers = [int(one.split()[1]) for one in said(relay) if one.startswith(bad)]
    assert list(dict.fromkeys(numbers)) == [1, 2, 3, 4, 5, 6]

"""A store, listeners that really listen, and a dispatcher whose clock stands still until it is told to go on."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from gateway.canonical.ids import new_id
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, Listener, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import OrderState
from gateway.faces.application import SPOKES
from gateway.faces.delivery import DeliverySettings
from gateway.faces.hub_delivery import Hub
from gateway.lifecycle.draft import Draft
from gateway.ports.listeners import RECOVERY_LANE
from gateway.ports.repository import Aggregate
from gateway.storage.database import Database
from gateway.storage.inbox import SqlInbox
from gateway.storage.listeners import SqlListenerStore
from gateway.storage.repository import SqlRepository
from gateway.streams.backoff import Backoff
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane


class Clock:
    """Stands still."""

    def __init__(self):
        self.time = datetime.now(UTC)

    def now(self):
        return self.time

    def forward(self, seconds):
        self.time += timedelta(seconds=seconds)


class Ear:
    """A listener: `status` is what it answers next, after so many seconds of `wait`."""

    def __init__(self, url):
        self.url, self.heard, self.asked, self.status, self.wait = url, [], 0, 204, 0.0
        self.headers, self.text, self.refuses = {}, "", ()

    def ids(self):
        return [one["eventId"] for one in self.heard]


async def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not (await condition() if asyncio.iscoroutinefunction(condition) else condition()):
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.01)


@pytest.fixture
def wait_until():
    return until


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def database(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield database
    await database.close()


@pytest.fixture
def repository(database, clock):
    return SqlRepository(database, clock)


@pytest.fixture
def store(database, clock):
    return SqlListenerStore(database, clock)


@pytest.fixture
def inbox(database, clock):
    return SqlInbox(database, clock)


@pytest.fixture
async def ears():
    """Make listeners, all on one port."""
    made = {}

    async def take(request):
        ear, body = made[request.match_info["name"]], await request.json()
        ear.asked += 1
        await asyncio.sleep(ear.wait)
        status = 400 if body["eventId"] in ear.refuses else ear.status
        if 200 <= status < 300:
            ear.heard.append(body)
        return web.Response(status=status, headers=ear.headers, text=ear.text or None)

    app = web.Application()
    app.router.add_post("/{name}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    def make(name="ear"):
        made[name] = Ear(f"http://127.0.0.1:{runner.addresses[0][1]}/{name}")
        return made[name]

    yield make
    await runner.cleanup()


@pytest.fixture
def register(repository):
    async def register(callback, face="tmf622-v5", query=None):
        listener = Listener(id=new_id(), face=face, callback=callback, query=query)
        assert await repository.add_listener(listener)
        return listener.id

    return register


@pytest.fixture
def order(repository, clock):
    """Make an order, with one event; return its id."""

    async def make(state=OrderState.ACKNOWLEDGED, checkpoint=Checkpoint.QUALIFY):
        order_id = new_id()
        lifecycle = Lifecycle(id=order_id, root=ResourceKind.PRODUCT_ORDER, checkpoint=checkpoint)
        draft = Draft(Aggregate(lifecycle=lifecycle), clock.now())
        draft.create(ResourceKind.PRODUCT_ORDER, ProductOrder(id=order_id, state=state, order_date=clock.now()))
        await repository.save(draft.finish())
        return order_id

    return make


@pytest.fixture
def change(repository, clock):
    """Change an order, with one event for each of the priorities given, all in one step; return the events' ids."""

    async def change(order_id, *priorities, state=None):
        draft = Draft(await repository.load(order_id), clock.now())
        for priority in priorities:
            draft.change(ResourceKind.PRODUCT_ORDER, order_id, priority=priority)
        if state is not None:
            draft.set_state(ResourceKind.PRODUCT_ORDER, order_id, state)
        finished = draft.finish()
        await repository.save(finished)
        return [event.id for event in finished.events]

    return change


@pytest.fixture
def settings():
    return DeliverySettings(
        public_url="https://api.example.com", answer_seconds=1.0, slow_seconds=0.5, answer_bytes=1000,
        backoff=Backoff(first_seconds=10.0, cap_seconds=3600.0), give_up_seconds=6 * 3600.0, probe_seconds=3600.0,
    )  # fmt: skip


@pytest.fixture
def working(database, store, clock, settings):
    """Work off the notifications while the context lasts."""

    @asynccontextmanager
    async def working(settings=settings, concurrency=16):
        hub = Hub(store, SPOKES, settings, clock)
        lanes = [Lane("hub", hub.deliver, concurrency), Lane(RECOVERY_LANE, hub.recover, concurrency)]
        dispatcher, stop = Dispatcher(database, lanes, clock, "test"), asyncio.Event()
        task = asyncio.create_task(dispatcher.run(stop))
        try:
            yield dispatcher
        finally:
            stop.set()
            await task
            await hub.close()

    return working


@pytest.fixture
def works(database):
    """Count the pieces of work that wait in the lanes of notifications."""

    async def works():
        text = "SELECT count(*) FROM work WHERE stream LIKE 'hub|%'"
        return await database.read(lambda conn: conn.cursor.execute(text).fetchone()[0])

    return works

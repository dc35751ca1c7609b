"""Asking a system for changes: once for all processes, without losing one, from where the last answer ended."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import orjson
import pytest

from gateway.canonical.ids import new_id
from gateway.lifecycle.polling import PollDesk
from gateway.ports.adapter import Capability, Role
from gateway.ports.errors import LeaseLost, TryLater
from gateway.ports.polling import POLL_LANE, Changed, Hurried, Polled, poller_of
from gateway.ports.repository import Work
from gateway.storage.database import Database
from gateway.storage.polling import SqlCursors
from gateway.streams import queue
from gateway.streams.backoff import Backoff
from gateway.streams.dispatch import Dispatcher
from gateway.streams.fence import working_for
from gateway.streams.lanes import Lane
from gateway.streams.message import Again

HOUR = 3600.0


@pytest.fixture
async def database(store_url):
    database = await Database.open(store_url)
    yield database
    await database.close()


class System:
    """An adapter whose system counts its changes; `script` says what each poll does."""

    name, role = "acme", Role.FIELD_WORK
    capabilities = {"poll": Capability.FULL}  # noqa: RUF012

    def __init__(self):
        self.polls, self.at_once, self.most, self.changes = [], 0, 0, {}

    async def poll(self, cursor):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.005)
        self.at_once -= 1
        self.polls.append(cursor)
        number = int(cursor or 0)
        changes = self.changes.pop(number, ())
        if isinstance(changes, Exception):
            raise changes
        return Polled(changes=changes, cursor=str(number + 1), again_after_seconds=0.0)


class House:
    """Everything around one database that the handler needs, and any number of processes on it."""

    def __init__(self, database):
        self.database, self.system, self.known = database, System(), {}
        self.cursors, self.fetched = SqlCursors(database), []
        repository = SimpleNamespace(load=self._load, owner=self._none, find_identities=self._identities)
        clock = SimpleNamespace(now=lambda: None)
        self.desk = SimpleNamespace(repository=repository, clock=clock, on_work=lambda: None)
        self.workshop = SimpleNamespace(adapters=lambda: {Role.FIELD_WORK: self.system})
        self.poll = PollDesk(self.desk, self.workshop, self.cursors)

    async def _load(self, order_id):
        return order_id if order_id.startswith("O-") else None

    async def _none(self, *_):
        return None

    async def _identities(self, query):
        orders = self.known.get(query.legacy_id, ())
        return [SimpleNamespace(order_id=one) for one in orders], len(orders)

    async def fetch(self, job):
        self.fetched.append(job.key)
        return Again(HOUR)

    async def waiting(self, *orders):
        """Let orders wait for an answer that is asked for in an hour."""
        works = [Work(Role.FIELD_WORK.value, one, new_id(), b"{}") for one in orders]
        await self.database.write(lambda conn: queue.enqueue_all(conn, works, None))

    @asynccontextmanager
    async def processes(self, count):
        stop = asyncio.Event()
        lanes = [
            Lane(POLL_LANE, self.poll.carry, 8, Backoff(0.01, 0.01), float("inf")),
            Lane(Role.FIELD_WORK.value, self.fetch, 8),
        ]
        running = [
            asyncio.create_task(Dispatcher(self.database, lanes, None, f"p{number}").run(stop))
            for number in range(count)
        ]
        yield
        stop.set()
        await asyncio.gather(*running)


@pytest.fixture
def house(database):
    return House(database)


async def until(condition, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_several_processes_ask_once_and_go_on_where_the_last_answer_ended(house):
    for _ in range(3):
        await house.poll.schedule()
    async with house.processes(3):
        await until(lambda: len(house.system.polls) >= 12)
    assert house.system.most == 1
    assert house.system.polls == [None, *map(str, range(1, len(house.system.polls)))]
    assert await house.cursors.cursor(Role.FIELD_WORK, "acme") is not None
    assert await house.cursors.cursor(Role.FIELD_WORK, "other") is None


async def test_what_changed_is_fetched_at_once_and_nothing_else(house):
    house.known["T-7"] = ("O-2",)
    await house.waiting("O-1", "O-2", "O-3")
    async with house.processes(2):
        await until(lambda: len(house.fetched) == 3)
        house.system.changes[2] = (Changed(reference="O-1"), Changed(legacy_id="T-7"), Changed(reference="O-1"))
        await house.poll.schedule()
        await until(lambda: len(house.fetched) == 5)
        polls = len(house.system.polls)
        await until(lambda: len(house.system.polls) >= polls + 3)
    assert sorted(house.fetched) == ["O-1", "O-1", "O-2", "O-2", "O-3"]


async def test_a_change_during_a_fetch_is_fetched_once_more(house):
    """The answer may have been read before the change, so it is asked again though nobody says so twice."""
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(job):
        house.fetched.append(job.key)
        entered.set()
        await go_on.wait()
        return Again(HOUR)

    house.fetch = slow
    house.system.changes[0] = (Changed(reference="O-1"),)
    await house.waiting("O-1")
    async with house.processes(1):
        await asyncio.wait_for(entered.wait(), 20)
        await house.poll.schedule()
        await until(lambda: len(house.system.polls) >= 2)
        assert house.fetched == ["O-1"]
        go_on.set()
        await until(lambda: len(house.fetched) == 2)


async def test_a_thing_that_nobody_knows_yet_is_looked_for_until_it_is_known(house, monkeypatch):
    monkeypatch.setattr("gateway.lifecycle.polling._PAUSE_SECONDS", 0.01)
    house.system.changes[0] = (Changed(legacy_id="T-9"), Changed(legacy_id="never"))
    await house.waiting("O-9")
    async with house.processes(1):
        await until(lambda: house.fetched == ["O-9"])
        await house.poll.schedule()
        await until(lambda: len(house.system.polls) >= 2)
        house.known["T-9"] = ("O-9",)
        await until(lambda: len(house.fetched) == 2)

        async def lanes():
            return await house.database.read(lambda conn: queue.statistics(conn, None))

        async with asyncio.timeout(20):
            while next(one for one in await lanes() if one.lane == POLL_LANE).streams > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # who is never known is looked for no longer


async def test_a_poll_that_fails_is_asked_again_from_the_same_place(house):
    house.system.changes |= {1: TryLater("down"), 2: RuntimeError("a defect")}
    await house.poll.schedule()
    async with house.processes(1):
        await until(lambda: len(house.system.polls) >= 6)
    assert house.system.polls[:6] == [None, "1", "1", "2", "2", "3"]


async def test_who_lost_the_lease_moves_nothing(house, database):
    await house.poll.schedule()
    (job,) = await database.write(lambda conn: queue.claim(conn, (queue.Ask(POLL_LANE, 1, 0.0),), "me", None))
    await database.write(lambda conn: queue.claim(conn, (queue.Ask(POLL_LANE, 1, 60.0),), "you", None))
    await house.waiting("O-1")
    changed = Polled(cursor="9", changes=(Changed(legacy_id="x"),))
    with working_for(job), pytest.raises(LeaseLost):
        hurried = [Hurried(role=Role.FIELD_WORK, order_id="O-1")]
        await house.cursors.advance(Role.FIELD_WORK, "acme", changed, hurried, changed.changes)
    assert await house.cursors.cursor(Role.FIELD_WORK, "acme") is None
    statistics = await database.read(lambda conn: queue.statistics(conn, None))
    assert {one.lane: one.works for one in statistics} == {POLL_LANE: 1, "field-work": 1}


async def test_an_adapter_that_no_longer_polls_is_left_alone(house):
    await house.poll.schedule()
    house.system.capabilities = {"poll": Capability.NOT_IMPLEMENTED}
    assert poller_of(house.system) is None
    job = SimpleNamespace(payload=orjson.dumps({"what": "poll", "role": "field-work"}), rounds=0)
    assert await house.poll.carry(job) is None
    house.workshop.adapters = dict
    assert await house.poll.carry(job) is None
    await house.poll.schedule()
    assert house.system.polls == []


def test_a_change_names_something():
    with pytest.raises(ValueError, match="names neither"):
        Changed()

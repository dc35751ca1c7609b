"""Lanes whose legacy system is down, slow to let in, or closed to us; on a real database, by a clock of the test's own."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from gateway.ports.errors import NeedsOperator, OutcomeUnknown, TryLater
from gateway.streams import circuits, claiming, queue
from gateway.streams.backoff import Backoff
from gateway.streams.breaker import Circuit, CircuitState, Patience
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane
from gateway.streams.message import Again, Moot, Unbegun
from gateway.streams.rate import Rate
from gateway.streams.systems import System

CRM = System("crm", Patience(failures=3, pause=Backoff(first_seconds=1.0, cap_seconds=120.0), probe_seconds=30.0))
HOUR = 3600.0


@pytest.fixture
def database(timed_database):
    return timed_database


@pytest.fixture
def world(database, clock, work):
    return World(database, clock, work)


class World:
    """A legacy system that is up or down, and dispatchers that work with it at the test's own pace."""

    def __init__(self, database, clock, work):
        self.database, self.clock, self.work = database, clock, work
        self.error = None
        self.calls, self.done = [], []

    async def handler(self, job):
        self.calls.append(job)
        if self.error is not None:
            raise self.error
        self.done.append(job.key)

    def lane(self, name="field", system=CRM, **options):
        return Lane(name, self.handler, **{"concurrency": 4, "system": system, **options})

    async def put(self, keys, lane="field"):
        works = [self.work(key, 1, lane=lane) for key in keys]
        await self.database.write(lambda conn: queue.enqueue_all(conn, works, self.clock.now()))

    async def circuit(self, name="crm"):
        known = await self.database.read(lambda conn: circuits.known(conn, self.clock.now()))
        return known[name].circuit if name in known else Circuit(name)

    async def release(self, name="crm"):
        await self.database.write(lambda conn: circuits.release(conn, name, self.clock.now(), "mended"))

    async def attempts(self):
        return await self.database.read(
            lambda conn: [row[0] for row in conn.cursor.execute("SELECT attempts FROM stream ORDER BY id").fetchall()]
        )

    @asynccontextmanager
    async def running(self, *lanes, owner="test"):
        dispatcher, stop = Dispatcher(self.database, lanes, self.clock, owner), asyncio.Event()
        task = asyncio.create_task(dispatcher.run(stop))
        try:
            yield dispatcher
        finally:
            stop.set()
            await task

    async def settle(self, *dispatchers):
        """Let all that can be done at this instant be done: nothing was called for a while, and nothing is in hand."""
        quiet, pause = 0, 0.005 if self.database.dialect == "postgresql" else 0.001  # its round trips go side by side
        while quiet < 3:
            before = len(self.calls)
            for dispatcher in dispatchers:
                dispatcher.wake()
            for _ in range(4):  # the round trips of a claim and of an answer
                began = time.monotonic()
                await self.database.write(lambda _: None)
                await asyncio.sleep(max(pause, 3 * (time.monotonic() - began)))  # a busy machine takes longer for each
            calm = len(self.calls) == before and not any(dispatcher.running for dispatcher in dispatchers)
            quiet = quiet + 1 if calm else 0


async def test_a_thousand_orders_wait_out_six_hours_with_few_calls_and_all_their_attempts(world):
    keys = [f"order{number:04}" for number in range(1000)]
    await world.put(keys)
    world.error = TryLater("crm cannot be reached")
    lane = world.lane(give_up_seconds=2 * HOUR)
    async with world.running(lane) as one, world.running(lane, owner="other") as other:
        await world.settle(one, other)
        began = world.clock.now()
        while (world.clock.now() - began).total_seconds() < 6 * HOUR:
            world.clock.forward(120.0 if world.database.dialect == "sqlite" else 900.0)
            await world.settle(one, other)
        assert (await world.circuit()).state is CircuitState.OPEN
        # Both processes' lanes may be full when it opens; then one message a pause.
        assert len(world.calls) <= 2 * 4 + CRM.patience.failures + 6 * HOUR / 120 + 10
        assert sum(await world.attempts()) <= CRM.patience.failures
        assert not await world.database.read(queue.parked)
        world.error = None
        calls = len(world.calls)
        for _ in range(4):
            world.clock.forward(60.0)
            await world.settle(one, other)
    assert sorted(world.done) == keys
    assert len(world.calls) == calls + len(keys)
    assert (await world.circuit()).is_closed


async def test_only_one_probe_is_on_its_way_however_many_processes_there_are(world):
    gate = asyncio.Event()
    probing = []

    async def handler(job):
        probing.append(job.key)
        if not gate.is_set():
            if len(probing) <= 3:
                raise TryLater("down")
            await gate.wait()

    await world.put("abcdefgh")
    lane = Lane("field", handler, concurrency=1, system=CRM)
    async with (
        world.running(lane) as one,
        world.running(lane, owner="b") as two,
        world.running(lane, owner="c") as three,
    ):
        async with asyncio.timeout(20):
            while (await world.circuit()).is_closed:
                for each in (one, two, three):
                    each.wake()
                await asyncio.sleep(0.01)
        seen = len(probing)
        world.clock.forward(2.0)
        for _ in range(10):
            for each in (one, two, three):
                each.wake()
            await asyncio.sleep(0.01)
        assert len(probing) == seen + 1
        gate.set()
        world.calls = probing
        await world.settle(one, two, three)


async def test_a_message_tried_before_the_outage_is_not_given_up_because_of_it(world):
    await world.put(["a"])
    world.error = TryLater("busy")
    system = System("crm", Patience(failures=2, pause=Backoff(1.0, 60.0)))
    async with world.running(world.lane(system=system, give_up_seconds=HOUR, backoff=Backoff(1.0, 1.0))) as one:
        await world.settle(one)
        world.clock.forward(1.0)
        await world.settle(one)  # the second failure opens the circuit
        world.clock.forward(5 * HOUR)
        world.error = None
        await world.put(["b"])
        await world.settle(one)  # one of them is the probe, and closes it
        assert sorted(world.done) == ["a", "b"]


async def test_a_probe_that_fails_after_hours_does_not_park_its_stream(world):
    await world.put(["a"])
    world.error = TryLater("busy")
    system = System("crm", Patience(failures=2, pause=Backoff(1.0, 60.0)))
    async with world.running(world.lane(system=system, give_up_seconds=HOUR, backoff=Backoff(1.0, 1.0))) as one:
        for seconds in (0.0, 1.0, 5 * HOUR, 5 * HOUR):
            world.clock.forward(seconds)
            await world.settle(one)
    assert not await world.database.read(queue.parked)
    assert len(world.calls) == 4


async def test_wrong_credentials_lock_a_system_until_an_operator_says_so(world):
    await world.put([f"order{number}" for number in range(50)])
    world.error = NeedsOperator("crm does not let us in (401)", "check the credentials")
    async with world.running(world.lane(system=System("crm", settings="old"))) as one:
        await world.settle(one)
        for _ in range(10):
            world.clock.forward(HOUR)
            await world.settle(one)
        assert len(world.calls) <= 4
        assert sum(await world.attempts()) == 0
        circuit = await world.circuit()
        assert (circuit.state, circuit.reason) == (CircuitState.LOCKED, "crm does not let us in (401)")
        world.error = None
        await world.release()
        await world.settle(one)
    assert len(world.done) == 50


@pytest.mark.parametrize(("settings", "opens"), [("old", False), ("new", True)])
async def test_other_settings_unlock_a_system_and_the_same_do_not(world, settings, opens):
    await world.put(["a"])
    world.error = NeedsOperator("crm does not let us in (401)", "check the credentials")
    async with world.running(world.lane(system=System("crm", settings="old"))) as one:
        await world.settle(one)
    world.error = None
    async with world.running(world.lane(system=System("crm", settings=settings))) as one:
        await world.settle(one)
    assert world.done == (["a"] if opens else [])


async def test_a_system_that_an_operator_stopped_is_not_unlocked_by_other_settings(world):
    await world.put(["a"])
    await world.database.write(lambda conn: circuits.register(conn, System("crm", settings="old"), ["field"], None))
    await world.database.write(lambda conn: circuits.stop(conn, "crm", world.clock.now(), "maintenance"))
    async with world.running(world.lane(system=System("crm", settings="new"))) as one:
        await world.settle(one)
        assert world.calls == []
        await world.release()
        await world.settle(one)
    assert world.done == ["a"]


async def test_lanes_of_one_system_wait_together_and_other_lanes_do_not(world):
    await world.put(["a", "b", "c"])
    await world.put(["d"], lane="care")
    await world.put(["e"], lane="network")
    other = World(world.database, world.clock, world.work)
    world.error = TryLater("down")
    lanes = world.lane(concurrency=3), world.lane("care"), other.lane("network", System("oss"))
    async with world.running(*lanes) as one:
        await world.settle(one)
        await world.put(["f"], lane="care")
        await other.put(["g"], lane="network")
        calls = len(world.calls)
        async with asyncio.timeout(20):
            while other.done != ["e", "g"]:
                await world.settle(one)
        assert len(world.calls) == calls


async def test_a_message_that_alone_has_to_wait_says_nothing_of_its_system(world):
    await world.put([f"order{number}" for number in range(10)])
    world.error = TryLater("another change is not in force yet", only_this=True)
    async with world.running(world.lane()) as one:
        await world.settle(one)
        assert (await world.circuit()).is_closed
        assert len(world.calls) == 10
        world.error = None
        world.clock.forward(2.0)
        await world.settle(one)
    assert len(world.done) == 10


async def test_what_nobody_wants_any_more_closes_no_circuit(world):
    await world.put(["a", "b", "c"])
    world.error = TryLater("down")
    wanted = True

    async def handler(job):
        return await world.handler(job) if wanted else Moot()

    async with world.running(Lane("field", handler, concurrency=3, system=CRM)) as one:
        await world.settle(one)
        wanted = False
        world.clock.forward(2.0)
        await world.settle(one)
    assert not (await world.circuit()).is_closed
    assert await world.attempts() == []


async def test_a_lost_answer_leaves_a_doubt_that_a_call_which_sent_nothing_does_not(world):
    await world.put(["a"])
    errors = [TryLater("busy"), OutcomeUnknown("no answer"), TryLater("busy"), None]
    errors.insert(0, Unbegun("the database does not answer"))
    doubts = []

    async def handler(job):
        doubts.append(job.in_doubt)
        error = errors.pop(0)
        if error:
            raise error
        return Again(0.0) if len(doubts) == 5 else None

    errors.append(None)
    async with world.running(Lane("field", handler, ask_after_seconds=3.0)) as one:
        for _ in range(14):
            await world.settle(one)
            world.clock.forward(2.0)
    assert doubts == [False, False, False, True, True, False]


async def test_a_rate_is_kept_by_all_processes_together(world):
    await world.put([f"order{number:03}" for number in range(60)])
    lane = world.lane(system=System("crm", rate=Rate(per_second=2.0, burst=5)))
    async with world.running(lane) as one, world.running(lane, owner="other") as other:
        await world.settle(one, other)
        assert len(world.calls) == 5
        for second in range(1, 11):
            world.clock.forward(1.0)
            await world.settle(one, other)
            assert len(world.calls) == 5 + 2 * second


async def test_a_lane_with_much_that_is_late_takes_no_room_from_another(world):
    other = World(world.database, world.clock, world.work)
    await world.put([f"late{number:03}" for number in range(200)])
    world.clock.forward(600.0)
    await other.put(["just-due"], lane="care")
    asks = [queue.Ask("field", 4, 30.0), queue.Ask("care", 4, 30.0)]
    systems = {"field": CRM, "care": System("care")}
    now = world.clock.now()
    claimed = await world.database.write(lambda conn: claiming.claim(conn, asks, systems, "token", now))
    # Which four of those that are late since the same instant is not said.
    assert sorted(job.key[:4] for job in claimed.jobs) == ["just", "late", "late", "late", "late"]


async def test_the_tokens_of_one_system_are_shared_by_its_lanes_and_what_is_not_used_is_put_back(world):
    system = System("crm", rate=Rate(per_second=1.0, burst=6))
    await world.put([f"many{number}" for number in range(20)])
    await world.put(["few"], lane="care")
    asks = [queue.Ask("field", 20, 30.0), queue.Ask("care", 20, 30.0)]
    now = world.clock.now()

    def claim(conn):
        claiming.register(conn, {"field": system, "care": system}, now)
        return [job.lane for job in claiming.claim(conn, asks, {"field": system, "care": system}, "token", now).jobs]

    assert sorted(await world.database.write(claim)) == ["care", "field", "field", "field"]
    # Two tokens were put back; an equal share of them is the lane's that has something to do.
    assert await world.database.write(claim) == ["field"]

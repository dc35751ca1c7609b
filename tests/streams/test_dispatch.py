"""The dispatcher on a real database and a real clock, in one process."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from gateway.ports.clock import SystemClock
from gateway.ports.errors import OutcomeUnknown, StoreUnavailable, TryLater
from gateway.streams import queue
from gateway.streams.backoff import Backoff
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane
from gateway.streams.message import Again, Park

QUICK = Backoff(first_seconds=0.01, cap_seconds=0.02)


@asynccontextmanager
async def running(transactions, *lanes, **options):
    """Run a dispatcher, and stop it in the end."""
    dispatcher, stop = Dispatcher(transactions, lanes, SystemClock(), "test", **options), asyncio.Event()
    task = asyncio.create_task(dispatcher.run(stop))
    try:
        yield dispatcher
    finally:
        stop.set()
        await task


async def until(condition, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not (await condition() if asyncio.iscoroutinefunction(condition) else condition()):  # noqa: ASYNC110 - the database sends no events
            await asyncio.sleep(0.005)


@pytest.fixture
def put(database, work):
    async def put(*numbers, key="order", lane="field"):
        now = SystemClock().now()
        works = [work(key, number, lane=lane) for number in numbers]
        await database.write(lambda conn: queue.enqueue_all(conn, works, now))

    return put


@pytest.fixture
def is_empty(database):
    async def is_empty():
        return await database.read(lambda conn: queue.next_due(conn, ()) is None and not queue.parked(conn))

    return is_empty


async def test_work_is_done_in_order_and_several_keys_side_by_side(database, put, is_empty):
    seen, most = [], 0

    async def handler(job):
        nonlocal most
        most = max(most, dispatcher.running)
        await asyncio.sleep(0.002)
        seen.append((job.key, job.seq))

    for key in "abcdef":
        await put(1, 2, 3, key=key)
    async with running(database, Lane("field", handler, concurrency=4)) as dispatcher:
        await until(is_empty)
    assert sorted(seen) == [(key, number) for key in "abcdef" for number in (1, 2, 3)]
    assert all([n for k, n in seen if k == key] == [1, 2, 3] for key in "abcdef")
    assert 2 <= most <= 4


async def test_a_wake_finds_new_work_at_once(database, put):
    done = asyncio.Event()

    async def handler(job):
        done.set()

    async with running(database, Lane("field", handler)) as dispatcher:
        await asyncio.sleep(1.2)  # long enough for the pause to have grown to its longest
        await put(1)
        dispatcher.wake()
        async with asyncio.timeout(0.3):
            await done.wait()


async def test_work_of_another_process_is_found_without_a_wake(database, put):
    done = asyncio.Event()

    async def handler(job):
        done.set()

    async with running(database, Lane("field", handler)):
        await asyncio.sleep(0.1)
        await put(1)
        async with asyncio.timeout(1.5):
            await done.wait()


@pytest.mark.parametrize("error", [TryLater("busy"), OutcomeUnknown("no answer"), KeyError("defect")])
async def test_whatever_a_handler_raises_the_job_comes_again(database, put, is_empty, error, caplog):
    attempts = []

    async def handler(job):
        attempts.append((job.id, job.attempt))
        if job.seq == 1 and job.attempt < 3:
            raise error

    await put(1)
    await put(2)
    async with running(database, Lane("field", handler, backoff=QUICK)):
        await until(is_empty)
    assert attempts == [("order-1", 1), ("order-1", 2), ("order-1", 3), ("order-2", 1)]


async def test_an_unexpected_error_shows_its_name_to_the_operator_and_its_words_to_the_log_only(database, put, caplog):
    async def handler(job):
        raise RuntimeError("password=hunter2")

    await put(1)
    with caplog.at_level(logging.ERROR):
        async with running(database, Lane("field", handler, give_up_seconds=0.0)):
            await until(lambda: "hunter2" in caplog.text)
    (parked,) = await database.read(queue.parked)
    assert "RuntimeError" in parked.reason
    assert "hunter2" not in parked.reason


async def test_a_system_that_says_when_is_not_asked_before(database, put, is_empty):
    loop = asyncio.get_running_loop()
    times = []

    async def handler(job):
        times.append(loop.time())
        if job.attempt == 1:
            raise TryLater("throttled", retry_after_seconds=0.3)

    await put(1)
    async with running(database, Lane("field", handler, backoff=QUICK)):
        await until(is_empty)
    assert times[1] - times[0] >= 0.3


async def test_again_is_called_again_and_is_no_attempt(database, put, is_empty):
    seen = []

    async def handler(job):
        seen.append((job.attempt, job.rounds))
        return Again(0.01) if job.rounds < 3 else None

    await put(1)
    async with running(database, Lane("field", handler, give_up_seconds=0.0)):
        await until(is_empty)
    assert seen == [(1, 0), (1, 1), (1, 2), (1, 3)]


async def test_given_up_parked_replayed_skipped(database, put, is_empty):
    seen, broken = [], True

    async def handler(job):
        if broken and job.seq == 1:
            raise TryLater("down")
        seen.append(job.id)

    async def is_parked():
        return len(await database.read(queue.parked)) == 2

    await put(1, 2)
    await put(1, key="other")
    lane = Lane("field", handler, backoff=QUICK, give_up_seconds=0.1)
    async with running(database, lane) as dispatcher:
        broken = True
        await until(is_parked)
        parked = {stream.key: stream for stream in await database.read(queue.parked)}
        assert "given up after" in parked["order"].reason
        assert "down" in parked["order"].reason
        assert parked["order"].waiting == 2
        assert seen == []
        await until(lambda: dispatcher.running == 0)
        await asyncio.sleep(0.15)
        broken = False
        assert await database.write(lambda conn: queue.replay(conn, "field", "order", SystemClock().now()))
        assert await database.write(lambda conn: queue.skip(conn, "field", "other", SystemClock().now()))
        await until(is_empty)
    assert seen == ["order-1", "order-2"]


async def test_park_stops_a_stream_at_once(database, put):
    calls = []

    async def handler(job):
        calls.append(job.id)
        raise Park("the licence has run out")

    async def is_parked():
        return bool(await database.read(queue.parked))

    await put(1, 2)
    async with running(database, Lane("field", handler)):
        await until(is_parked)
        await asyncio.sleep(0.05)
    assert calls == ["order-1"]
    (parked,) = await database.read(queue.parked)
    assert parked.reason == "the licence has run out"


@pytest.mark.parametrize("error", [None, StoreUnavailable("storeUnavailable", "full", "make room"), ValueError("x")])
async def test_whoever_must_know_is_told_before_a_stream_is_parked(database, put, error, caplog):
    told = []

    async def handler(job):
        raise Park("no licence") if job.key == "a" else TryLater("down")

    async def gave_up(job, reason):
        told.append((job.key, reason, len(await database.read(queue.parked))))
        if error and len(told) == 1:
            raise error

    async def both_are_parked():
        return len(await database.read(queue.parked)) == 2

    await put(1, key="a")
    async with running(database, Lane("field", handler, backoff=QUICK, give_up_seconds=0.0, gave_up=gave_up)):
        await until(lambda: told)
        await put(1, key="b")
        await until(both_are_parked)
    assert told[0] == ("a", "no licence", 0)
    assert [key for key, *_ in told] in (["a", "b"], ["a", "a", "b"], ["a", "b", "a"])
    assert len(told) == (3 if isinstance(error, StoreUnavailable) else 2)


async def test_a_job_may_last_longer_than_its_lease(database, put, is_empty):
    starts = []

    async def handler(job):
        starts.append(job.attempt)
        await asyncio.sleep(0.7)

    await put(1)
    lane = Lane("field", handler, lease_seconds=0.3)
    async with running(database, lane), running(database, lane):
        await until(is_empty)
    assert starts == [1]


async def test_a_job_whose_lease_was_taken_is_stopped_and_says_nothing(database, put):
    cancelled = asyncio.Event()

    async def handler(job):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def steal(conn):
        conn.cursor.execute("UPDATE stream SET token = 'thief'")

    await put(1)
    async with running(database, Lane("field", handler, lease_seconds=0.2)) as dispatcher:
        await until(lambda: dispatcher.running == 1)
        await database.write(steal)
        async with asyncio.timeout(2):
            await cancelled.wait()
        await until(lambda: dispatcher.running == 0)
    row = await database.read(lambda conn: conn.cursor.execute("SELECT token, error FROM stream").fetchone())
    assert row == ("thief", None)


async def test_stopping_lets_a_job_end(database, put, is_empty):
    async def handler(job):
        await asyncio.sleep(0.2)

    await put(1)
    async with running(database, Lane("field", handler)) as dispatcher:
        await until(lambda: dispatcher.running == 1)
    assert await is_empty()


async def test_stopping_breaks_off_what_does_not_end_and_gives_it_back(database, put):
    async def handler(job):
        await asyncio.sleep(30)

    await put(1)
    loop = asyncio.get_running_loop()
    async with running(database, Lane("field", handler, lease_seconds=60.0), stop_seconds=0.1) as dispatcher:
        await until(lambda: dispatcher.running == 1)
        begin = loop.time()
    assert loop.time() - begin < 2.0
    now = SystemClock().now()
    (job,) = await database.write(lambda conn: queue.claim(conn, [queue.Ask("field", 1, 60.0)], "next", now))
    assert (job.id, job.attempt) == ("order-1", 2)


async def test_what_was_claimed_while_stopping_is_given_back_unbegun(database, put):
    begun = []
    gate = asyncio.Event()

    async def handler(job):
        begun.append(job.id)

    class Slow:
        """Answers writes only when told, so that the stop comes while a claim is on its way."""

        async def write(self, function):
            result = await database.write(function)
            if not gate.is_set():
                stop.set()
                await asyncio.sleep(0.05)
                gate.set()
            return result

        async def read(self, function):
            return await database.read(function)

    await put(1)
    stop = asyncio.Event()
    await Dispatcher(Slow(), [Lane("field", handler)], SystemClock(), "test").run(stop)
    assert begun == []
    now = SystemClock().now()
    (job,) = await database.write(lambda conn: queue.claim(conn, [queue.Ask("field", 1, 60.0)], "next", now))
    assert job.attempt == 1


async def test_a_store_that_is_away_for_a_while_loses_no_answer(database, put, is_empty, caplog):
    done, failures = [], iter(range(4))

    class Shaky:
        async def write(self, function):
            if done and next(failures, None) is not None:
                raise StoreUnavailable("storeUnavailable", "the disk is full", "make room")
            return await database.write(function)

        async def read(self, function):
            return await database.read(function)

    async def handler(job):
        done.append(job.id)

    await put(1)
    async with running(Shaky(), Lane("field", handler)):
        await until(is_empty)
    assert done == ["order-1"]


@pytest.mark.parametrize("method", ["read", "write"])
async def test_a_defect_below_does_not_end_the_dispatcher(database, put, is_empty, method, caplog):
    failures = iter(range(2))

    class Broken:
        async def write(self, function):
            return await self._do("write", function)

        async def read(self, function):
            return await self._do("read", function)

        async def _do(self, name, function):
            if name == method and next(failures, None) is not None:
                raise RuntimeError("a defect")
            return await getattr(database, name)(function)

    async def handler(job):
        return None

    async with running(Broken(), Lane("field", handler)):
        await until(lambda: "a defect" in caplog.text)
        await put(1)
        await until(is_empty)


async def test_two_lanes_of_one_name_are_refused(database):
    async def handler(job):
        return None

    with pytest.raises(ValueError, match="same name"):
        Dispatcher(database, [Lane("field", handler), Lane("field", handler)], SystemClock(), "test")

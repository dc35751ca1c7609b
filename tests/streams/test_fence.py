"""What a process that froze or died in the middle of its work can and cannot do to what another has taken over."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.ports.errors import LeaseLost
from gateway.ports.repository import Change
from gateway.storage.repository import SqlRepository
from gateway.streams import queue
from gateway.streams.fence import working_for

WORKER = Path(__file__).with_name("fenced_worker.py")


def lifecycle(order_id, version=1):
    return Lifecycle(
        id=order_id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.QUALIFY, version=version
    )  # fmt: skip


@pytest.fixture
def start(spawn, tmp_path):
    async def start(owner, how, job_seconds, lease_seconds):
        return await spawn(WORKER, tmp_path / "log", owner, how, job_seconds, lease_seconds)

    return start


@pytest.fixture
def told(tmp_path):
    def told(what, owner):
        """Return when a worker said that of its only order, or None."""
        log = tmp_path / "log"
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return next((float(at) for said, _, who, at in lines if (said, who) == (what, owner)), None)

    return told


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while condition() is None:  # noqa: ASYNC110 - a log sends no events
            await asyncio.sleep(0.01)
    return condition()


async def put(database, work):
    await database.write(lambda conn: queue.enqueue(conn, work("order", 1), None))


async def lease_end(database):
    """Return when the only lease ends, in seconds since 1970."""
    text = "SELECT due FROM stream WHERE token IS NOT NULL"
    return (await database.read(lambda conn: conn.cursor.execute(text).fetchone()))[0] / 1e6


async def test_a_process_that_was_frozen_longer_than_its_lease_stores_nothing_of_the_order(database, start, told, work):
    zombie = await start("zombie", "blocks", 2.0, 1.5)
    await put(database, work)
    await until(lambda: told("start", "zombie"))
    zombie.send_signal(signal.SIGSTOP)
    assert told("saved", "zombie") is None
    await start("heir", "waits", 3.0, 1.5)
    await until(lambda: told("start", "heir"))
    zombie.send_signal(signal.SIGCONT)  # it finishes its call now, and wants to store what came of it
    await until(lambda: told("refused", "zombie") or told("stopped", "zombie"))
    assert told("saved", "zombie") is None
    await until(lambda: told("saved", "heir"))
    kept = await SqlRepository(database).load("order")
    assert (kept.lifecycle.legacy_ids, kept.lifecycle.version) == ({"owner": "heir"}, 1)


async def test_after_a_kill_in_the_middle_another_process_goes_on_within_a_fifth_more_than_the_lease(
    database, start, told, work
):
    lease = 2.5
    victim = await start("victim", "waits", 60.0, lease)
    await put(database, work)
    await until(lambda: told("start", "victim"))
    await start("heir", "waits", 0.0, lease)
    await until(lambda: told("ready", "heir"))
    assert await lease_end(database) > time.time()  # it is killed while it holds the lease
    victim.kill()
    killed = time.time()
    began = await until(lambda: told("start", "heir"))
    assert began - killed <= 1.2 * lease
    await until(lambda: told("saved", "heir"))


async def test_what_is_stored_in_a_handler_is_stored_under_its_lease_alone(database, work, clock):
    repository = SqlRepository(database)

    async def claim(token):
        ask = [queue.Ask("field", 1, 0.05)]
        return (await database.write(lambda conn: queue.claim(conn, ask, token, clock.now())))[0]

    await database.write(lambda conn: queue.enqueue(conn, work("order", 1), clock.now()))
    first = await claim("first")
    with working_for(first):
        await repository.save(Change(lifecycle=lifecycle("order")))
        clock.forward(0.06)
        await asyncio.sleep(0.06)  # PostgreSQL goes by a clock of its own
        second = await claim("second")
        with pytest.raises(LeaseLost):
            await repository.save(Change(lifecycle=lifecycle("order", 2)))
        # A task that a handler began is under the same lease.
        with pytest.raises(LeaseLost):
            await asyncio.create_task(repository.save(Change(lifecycle=lifecycle("order", 2))))
    with working_for(second):
        await repository.save(Change(lifecycle=lifecycle("order", 2)))
    await repository.save(Change(lifecycle=lifecycle("order", 3)))  # nobody's handler: a face
    assert (await repository.load("order")).lifecycle.version == 3
    assert not await database.write(lambda conn: queue.ack(conn, first, clock.now()))


async def test_an_expired_lease_that_nobody_took_is_still_its_holders(database, work, clock):
    await database.write(lambda conn: queue.enqueue(conn, work("order", 1), clock.now()))
    ask = [queue.Ask("field", 1, 30.0)]
    (job,) = await database.write(lambda conn: queue.claim(conn, ask, "first", clock.now()))
    clock.forward(3600.0)
    with working_for(job):
        await SqlRepository(database).save(Change(lifecycle=lifecycle("order")))
    assert await database.write(lambda conn: queue.ack(conn, job, clock.now()))

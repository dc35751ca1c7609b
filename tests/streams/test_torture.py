"""Processes that are killed and frozen while they hold leases."""

import asyncio
import signal
from itertools import count, pairwise
from pathlib import Path

import pytest

from gateway.ports.clock import SystemClock
from gateway.streams import queue

WORKER = Path(__file__).with_name("worker.py")
LEASE_SECONDS = 0.9


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def start(spawn, log):
    async def start(owner: str, job_seconds: float):
        return await spawn(WORKER, log, owner, job_seconds, LEASE_SECONDS)

    return start


@pytest.fixture
def leases(database):
    async def leases(owner: str) -> int:
        """Return how many leases an owner holds that have not ended."""
        now = round(SystemClock().now().timestamp() * 1e6)
        text = "SELECT count(*) FROM stream WHERE token LIKE ? AND due > ?"
        return await database.read(lambda conn: conn.cursor.execute(text, (f"{owner}:%", now)).fetchone()[0])

    return leases


async def until(condition, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the database sends no events
            await asyncio.sleep(0.01)


def entries(log: Path) -> list[tuple[str, str, int, str]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [(what, key, int(seq), owner) for what, key, seq, owner in (line.split() for line in lines)]


async def put(database, work, keys, numbers):
    now = SystemClock().now()
    works = [work(key, number) for key in keys for number in numbers]
    await database.write(lambda conn: queue.enqueue_all(conn, works, now))


async def test_killed_processes_lose_nothing_and_keep_every_order(database, start, leases, log, work):
    keys, numbers, kills = [f"order{index}" for index in range(10)], range(1, 9), 4
    await put(database, work, keys, numbers)
    owners = (f"w{number}" for number in count())
    owner = next(owners)
    alive = {owner: await start(owner, 0.05)}
    for _ in range(kills):
        owner = next(owners)
        alive[owner] = await start(owner, 0.05)
        victim = next(iter(alive))

        async def holds(victim=victim):
            return await leases(victim) > 0

        while True:
            await until(holds)
            alive[victim].kill()
            await alive[victim].wait()
            if await leases(victim):  # dead, and its leases still stand: it was killed while it held them
                break
            alive[victim] = await start(victim, 0.05)
        del alive[victim]

    async def is_empty():
        return await database.read(lambda conn: queue.next_due(conn, ()) is None)

    await until(is_empty)
    told = entries(log)
    assert {(key, seq) for what, key, seq, _ in told if what == "done"} == {(k, n) for k in keys for n in numbers}
    for key in keys:
        # A piece of work may begin several times, but never after a later one has, nor before the one before is done.
        starts = [seq for what, of, seq, _ in told if (what, of) == ("start", key)]
        assert starts == sorted(starts)
        for before, after in pairwise(numbers):
            first_start = next(i for i, entry in enumerate(told) if entry[:3] == ("start", key, after))
            assert ("done", key, before) in [entry[:3] for entry in told[:first_start]]
    repeats = len([entry for entry in told if entry[0] == "start"]) - len(keys) * len(numbers)
    assert 1 <= repeats <= kills * 4 * 2


async def test_a_frozen_process_that_wakes_up_changes_nothing(database, start, leases, log, work):
    await put(database, work, ["order"], [1, 2, 3])
    zombie = await start("zombie", 0.4)

    async def zombie_began():
        return ("start", "order", 1, "zombie") in entries(log)

    await until(zombie_began)  # it holds the lease, and is in the middle of the job
    zombie.send_signal(signal.SIGSTOP)
    assert await leases("zombie") == 1

    await start("heir", 1.0)

    async def heir_began():
        return ("start", "order", 1, "heir") in entries(log)

    await until(heir_began)
    zombie.send_signal(signal.SIGCONT)  # it ends its job now and wants to say so, while the heir holds the lease

    async def is_empty():
        return await database.read(lambda conn: queue.next_due(conn, ()) is None)

    async def heir_ended_the_first():
        return ("done", "order", 1, "heir") in entries(log)

    await until(heir_ended_the_first)
    told = entries(log)
    told = told[: told.index(("done", "order", 1, "heir"))]
    assert ("done", "order", 1, "zombie") in told
    assert not [entry for entry in told if entry[2] > 1]  # the zombie's answer let nothing go on
    await until(is_empty)
    starts = [seq for what, _, seq, _ in entries(log) if what == "start"]
    assert starts == sorted(starts) == [1, 1, 2, 3]

"""All leases of a process are renewed at once, and nobody waits for whoever is just settling one of them."""

import asyncpg

from gateway.storage.database import Database
from gateway.streams import queue
from gateway.streams.renewal import renew_all

KEYS = ("free", "settling", "taken")


async def claim(database, token, lease_seconds=0.1):
    return await database.write(lambda conn: queue.claim(conn, [queue.Ask("field", 9, lease_seconds)], token, None))


async def ends(database):
    rows = await database.read(lambda conn: conn.cursor.execute("SELECT id, due FROM stream").fetchall())
    return {name.partition("|")[2]: due for name, due in rows}


async def put(database, work):
    works = [work(key, 1) for key in KEYS]
    await database.write(lambda conn: queue.enqueue_all(conn, works, None))
    return {job.key: job for job in await claim(database, "one")}


async def test_each_is_renewed_for_its_own_time_and_what_another_took_is_not(database, work):
    jobs = await put(database, work)
    before = await ends(database)
    await database.write(lambda conn: queue.ack(conn, jobs["taken"], None))
    held = [(jobs["free"], 60.0), (jobs["settling"], 120.0), (jobs["taken"], 60.0)]
    assert await database.write(lambda conn: renew_all(conn, held, None)) == [True, True, False]
    after = await ends(database)
    assert set(after) == {"free", "settling"}
    assert 59e6 < after["free"] - before["free"] < 70e6
    assert 119e6 < after["settling"] - before["settling"] < 130e6


async def test_a_stream_that_somebody_is_changing_is_left_alone(postgres_url, work):
    database = await Database.open(postgres_url)
    jobs = await put(database, work)
    before = await ends(database)
    other = await asyncpg.connect(postgres_url)
    async with other.transaction():
        await other.execute("SELECT id FROM stream WHERE id = 'field|settling' FOR UPDATE")
        held = [(jobs[key], 60.0) for key in KEYS]
        assert await database.write(lambda conn: renew_all(conn, held, None)) == [True, None, True]
    await other.close()
    after = await ends(database)
    await database.close()
    assert after["settling"] == before["settling"]
    assert after["free"] > before["free"] + 59e6

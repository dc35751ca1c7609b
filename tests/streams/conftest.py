import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest

from gateway.ports.repository import Work
from gateway.storage.database import Database
from gateway.storage.postgresql.connection import PostgresConnection
from gateway.storage.upgrade import upgrade
from gateway.streams.sql import Connection

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = START
        self.told: list = []  # whoever has to know when it goes on

    def now(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> datetime:
        self.time += timedelta(seconds=seconds)
        for tell in self.told:
            tell(self.time)
        return self.time


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_connection(request, clock):
    """Makes connections to empty databases, for what needs no threads and no loop."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        yield from _fresh_postgres(request.getfixturevalue("postgres"), url, clock)
        return
    opened = []

    def make() -> Connection:
        raw = sqlite3.connect(":memory:", isolation_level=None)
        opened.append(raw)
        upgrade(raw)
        return Connection(raw.cursor(), "sqlite")

    yield make
    for raw in opened:
        raw.close()


def _fresh_postgres(postgres, url, clock):
    """The same on PostgreSQL, whose own clock the connection takes from the test."""
    name = urlsplit(url).path.strip("/")
    raw = postgres.run(asyncpg.connect(url, server_settings={"search_path": "fake, pg_catalog, public"}))
    postgres.run(raw.execute(FAKE_CLOCK))

    def tell(time):
        postgres.run(raw.execute(f"SET fake.now = '{time.isoformat()}'"))

    tell(clock.now())
    clock.told.append(tell)

    def make() -> Connection:
        postgres.clean(name)
        return PostgresConnection(raw, postgres.run)

    yield make
    postgres.run(raw.close())


FAKE_CLOCK = """
CREATE SCHEMA IF NOT EXISTS fake;
CREATE OR REPLACE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
AS $$ SELECT current_setting('fake.now')::timestamptz $$
"""


@pytest.fixture
def conn(fresh_connection) -> Iterator[Connection]:
    return fresh_connection()


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    """Each kind of store in turn."""
    database = await Database.open(store_url)
    yield database
    await database.close()


TOLD_CLOCK = """
CREATE SCHEMA IF NOT EXISTS fake;
CREATE TABLE IF NOT EXISTS fake.moment (at timestamptz);
CREATE OR REPLACE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
AS $$ SELECT at FROM fake.moment $$;
DELETE FROM fake.moment;
INSERT INTO fake.moment VALUES ('{now}');
ALTER DATABASE {name} SET search_path = fake, pg_catalog, public
"""


@pytest.fixture
async def timed_database(store_url: str, clock) -> AsyncIterator[Database]:
    """Each kind of store in turn, by the test's own clock, whichever connection asks."""
    if store_url.startswith("sqlite"):
        database = await Database.open(store_url)
        yield database
        await database.close()
        return
    name, loop, thread = urlsplit(store_url).path.strip("/"), asyncio.new_event_loop(), ThreadPoolExecutor(1)

    def run(awaitable):  # the clock goes on in the middle of a test, whose own loop is running
        return thread.submit(loop.run_until_complete, awaitable).result()

    raw = run(asyncpg.connect(store_url))
    run(raw.execute(TOLD_CLOCK.format(now=clock.now().isoformat(), name=name)))
    clock.told.append(lambda time: run(raw.execute(f"UPDATE fake.moment SET at = '{time.isoformat()}'")))
    database = await Database.open(store_url)
    yield database
    await database.close()
    run(raw.execute(f"ALTER DATABASE {name} RESET search_path"))
    run(raw.close())
    thread.shutdown()
    loop.close()


@pytest.fixture
async def spawn(store_url) -> AsyncIterator:
    """Starts worker processes on the store; ends those that are left."""
    processes = []

    async def spawn(script, *said):
        process = await asyncio.create_subprocess_exec(sys.executable, script, store_url, *map(str, said), stderr=-3)
        processes.append(process)
        return process

    yield spawn
    for process in processes:
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        await process.wait()


@pytest.fixture
def work():
    """Makes work for the lane `field`: `work("order", 3)` has the id `order-3`."""

    def make(key: str, number: int, *, lane: str = "field", delay_seconds: float = 0.0) -> Work:
        return Work(lane, key, f"{key}-{number}", f"payload {number}".encode(), delay_seconds)

    return make

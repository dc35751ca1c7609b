"""What only a server can do to us: writers side by side, locks, connections that break, and N that start at once."""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Text

from gateway.ports.errors import SetupError, StoreUnavailable
from gateway.storage.database import Database
from gateway.storage.migrations import HEAD
from gateway.storage.postgresql import committer
from gateway.storage.postgresql.connection import numbered
from gateway.storage.postgresql.database import plain_address
from gateway.storage.postgresql.upgrade import migrate
from gateway.storage.revisions import Step, step_for
from gateway.storage.rule_sets import SqlRuleSets
from gateway.storage.tables import every_table
from tests.postgres import Server
from tests.storage.test_rule_sets import a_rule_set


@pytest.fixture
async def open_database(postgres_url):
    """Opens the same store several times, as several gateways do."""
    opened = []

    async def open_one():
        opened.append(await Database.open(postgres_url))
        return opened[-1]

    yield open_one
    for one in opened:
        await one.close()


@pytest.fixture
async def database(open_database):
    return await open_database()


@pytest.fixture
async def other(postgres_url):
    """A connection of somebody else's."""
    conn = await asyncpg.connect(postgres_url)
    yield conn
    await conn.close(timeout=1)


def put(name, value="", *, error=None):
    def function(conn):
        conn.cursor.execute(
            "INSERT INTO read_back (id, shard, at, doc) VALUES (?, 1, 1, ?) ON CONFLICT (id, shard) DO UPDATE SET doc = excluded.doc",
            (name, value),
        )
        if error:
            raise error
        return name

    return function


async def stored(database):
    rows = await database.read(lambda conn: conn.cursor.execute("SELECT id, doc FROM read_back ORDER BY id").fetchall())
    return dict(rows)


# -- group commit ------------------------------------------------------------------------------------------------------


async def test_what_is_asked_together_shares_few_commits(database, monkeypatch):
    sizes, run_all = [], committer._run_all

    def counted(conn, group):
        sizes.append(len(group))
        return run_all(conn, group)

    monkeypatch.setattr(committer, "_run_all", counted)
    names = [f"n{number:03}" for number in range(300)]
    assert await asyncio.gather(*(database.write(put(name)) for name in names)) == names
    assert sum(sizes) == 300
    assert max(sizes) == 64
    assert len(sizes) <= 8
    assert list(await stored(database)) == names


async def test_one_that_raises_is_undone_alone(database):
    writes = [database.write(put(f"n{n:02}", error=KeyError(n) if n % 3 == 0 else None)) for n in range(20)]
    answers = await asyncio.gather(*writes, return_exceptions=True)
    for number, answer in enumerate(answers):
        assert repr(answer) == repr(KeyError(number)) if number % 3 == 0 else answer == f"n{number:02}"
    assert list(await stored(database)) == [f"n{n:02}" for n in range(20) if n % 3]


async def test_a_constraint_that_is_broken_is_the_callers_own_affair(database):
    def twice(conn):
        conn.cursor.execute("INSERT INTO read_back (id, shard, at, doc) VALUES ('a', 1, 1, '')")
        conn.cursor.execute("INSERT INTO read_back (id, shard, at, doc) VALUES ('a', 1, 1, '')")

    answers = await asyncio.gather(
        database.write(put("x")), database.write(twice), database.write(put("y")), return_exceptions=True
    )
    assert isinstance(answers[1], asyncpg.UniqueViolationError)
    assert list(await stored(database)) == ["x", "y"]


async def test_nobody_is_answered_before_the_commit(database, other):

    async def write(name):
        await database.write(put(name))
        async with lock:
            return await other.fetchval("SELECT count(*) FROM read_back WHERE id = $1", name)

    lock = asyncio.Lock()
    assert set(await asyncio.gather(*(write(f"n{number}") for number in range(60)))) == {1}


async def test_a_reader_sees_one_moment(database):
    await database.write(put("a", "before"))
    seen, is_written = [], asyncio.Event()

    def read(conn):
        for _ in range(2):
            seen.append(conn.cursor.execute("SELECT doc FROM read_back WHERE id = 'a'").fetchone()[0])
            if len(seen) == 1:
                conn._wait(is_written.wait())

    reading = asyncio.create_task(database.read(read))
    while not seen:  # noqa: ASYNC110 - the function has no other way to tell
        await asyncio.sleep(0.005)
    await database.write(put("a", "after"))
    is_written.set()
    await reading
    assert seen == ["before", "before"]


async def test_a_reader_cannot_write(database):
    with pytest.raises(StoreUnavailable, match="read-only"):
        await database.read(put("a"))


# -- conflicts ---------------------------------------------------------------------------------------------------------


async def test_two_that_lock_each_others_rows_both_go_through(open_database):
    databases = [await open_database() for _ in range(2)]
    await databases[0].write(put("a"))
    await databases[0].write(put("b"))
    met = asyncio.Barrier(2)
    tries = []

    def both(first, second):
        def function(conn):
            tries.append(first)
            put(first, "x")(conn)
            if tries.count(first) == 1:
                conn._wait(met.wait())  # each holds its first row now and wants the other's
            put(second, "x")(conn)

        return function

    await asyncio.gather(databases[0].write(both("a", "b")), databases[1].write(both("b", "a")))
    assert len(tries) == 3
    assert await stored(databases[0]) == {"a": "x", "b": "x"}


async def test_a_row_that_another_holds_for_long_delays_its_own_writer_alone(database, other):
    await database.write(put("held"))
    transaction = other.transaction()
    await transaction.start()
    await other.execute("UPDATE read_back SET doc = 'x' WHERE id = 'held'")
    waiting = asyncio.create_task(database.write(put("held", "mine")))
    neighbours = [asyncio.create_task(database.write(put(f"n{number}"))) for number in range(10)]
    _, pending = await asyncio.wait([waiting, *neighbours], timeout=4.0, return_when=asyncio.ALL_COMPLETED)
    assert pending == {waiting}
    await transaction.commit()
    assert await waiting == "held"
    assert (await stored(database))["held"] == "mine"


async def test_numbers_of_rule_sets_rise_without_a_gap_from_several_gateways(open_database):
    stores = [SqlRuleSets(await open_database()) for _ in range(3)]
    added = await asyncio.gather(
        *(store.add(a_rule_set(f"{n}.{i}")) for i, store in enumerate(stores) for n in range(6))
    )
    assert sorted(one.number for one in added) == list(range(1, 19))


# -- connections -------------------------------------------------------------------------------------------------------


async def test_connections_that_are_cut_are_made_anew_and_nobody_notices(database, other):
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for number in range(3):
        await database.write(put(f"n{number}"))
        await other.execute(cut)
        names = [f"n{number}{letter}" for letter in "abcd"]
        assert await asyncio.gather(*(database.write(put(name)) for name in names)) == names
        await other.execute(cut)
        assert len(await stored(database)) == 5 * (number + 1)


@pytest.fixture(scope="module")
def own_server():
    """A server that may be crashed, and that does wait for its disk."""
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-own-") as folder:
        server = Server(Path(folder), durable=True)
        server.make()
        server.start()
        yield server
        server.end(signal.SIGQUIT)


async def test_a_server_that_crashes_costs_503s_and_nothing_that_was_answered(own_server):
    database = await Database.open(own_server.url("postgres"))
    told, refused, is_over = [], [], asyncio.Event()

    async def client(name):
        number = 0
        while not is_over.is_set():
            number += 1
            try:
                told.append(await database.write(put(f"{name}-{number:05}")))
            except StoreUnavailable as error:
                refused.append(error)
                await asyncio.sleep(0.02)

    clients = [asyncio.create_task(client(name)) for name in "abcdefgh"]
    while len(told) < 100:  # noqa: ASYNC110 - the clients have no other way to tell
        await asyncio.sleep(0.01)
    await asyncio.to_thread(own_server.end, signal.SIGQUIT)
    before = len(told)
    while not refused:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.to_thread(own_server.start)
    while len(told) < before + 50:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    is_over.set()
    await asyncio.gather(*clients)
    assert {error.status for error in refused} == {503}
    assert set(told) <= set(await stored(database))
    await database.close()


async def test_a_server_that_is_not_there_is_named_without_the_password():
    with pytest.raises(SetupError) as caught:
        await Database.open("postgresql://anna:geheim@127.0.0.1:1/orders")
    assert "anna@127.0.0.1:1/orders" in caught.value.reason
    assert "geheim" not in str(caught.value)
    assert plain_address("postgresql://h/d") == "postgresql://h/d"


async def test_a_database_that_is_not_there_is_refused(postgres):
    with pytest.raises(SetupError, match="does not exist"):
        await Database.open(postgres.server.url("nowhere"))


# -- the schema --------------------------------------------------------------------------------------------------------

_COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name "
    "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name"
)
_SHAPE = (
    _COLUMNS,
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT * FROM alembic_version",
    "SELECT * FROM schema_support",
)


@pytest.fixture
def empty(postgres):
    name = postgres.empty()

    def shape():
        return [[tuple(row) for row in postgres.run(_fetch(postgres.server.url(name), text))] for text in _SHAPE]

    return postgres.server.url(name), shape


async def _fetch(url, text):
    conn = await asyncpg.connect(url)
    try:
        return await conn.fetch(text)
    finally:
        await conn.close()


def test_the_migrations_lead_to_the_tables_that_a_new_database_gets(empty, postgres, postgres_url):
    url, shape = empty
    asyncio.run(migrate(url, HEAD))
    migrated = shape()
    made = [[tuple(row) for row in asyncio.run(_fetch(postgres_url, text))] for text in _SHAPE]
    assert migrated == made


def test_texts_compare_byte_by_byte_whatever_the_database_does(postgres_url):
    rows = asyncio.run(_fetch(postgres_url, _SHAPE[0]))
    collations = {(row[0], row[1]): row[5] for row in rows}
    texts = [(t.name, c.name) for t in every_table() for c in t.columns if isinstance(c.type, Text)]
    assert texts
    assert {collations[column] for column in texts} == {"C"}


def test_processes_that_start_at_once_make_the_tables_once(empty):
    url, shape = empty
    code = f"import asyncio; from gateway.storage.database import Database; asyncio.run(Database.open({url!r}))"

    async def start():
        processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", code) for _ in range(3)]
        return [await process.wait() for process in processes]

    assert asyncio.run(start()) == [0, 0, 0]
    assert shape()[2] == [(HEAD,)]


def test_a_schema_is_used_made_changed_or_refused():
    assert step_for(None, None, is_empty=True) is Step.CREATE
    assert step_for("0001", None, is_empty=False) is Step.MIGRATE
    assert step_for("0012", "0012", is_empty=False, head="0012") is Step.NOTHING
    assert step_for("0015", "0012", is_empty=False, head="0012") is Step.NOTHING  # it has only grown since
    with pytest.raises(SetupError, match="newer"):
        step_for("0015", "0013", is_empty=False, head="0012")  # something that this release needs is gone
    with pytest.raises(SetupError, match="newer"):
        step_for("0015", None, is_empty=False, head="0012")
    with pytest.raises(SetupError, match="another program"):
        step_for(None, None, is_empty=False)


def test_marks_are_numbered_outside_of_quotes():
    assert numbered("a = ? AND b ~ 'x?''?' AND c IN (?, ?)") == "a = $1 AND b ~ 'x?''?' AND c IN ($2, $3)"

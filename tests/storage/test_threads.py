"""Group commit: who shares a commit, who pays for a failure, and what a broken disk comes to."""

import asyncio
import sqlite3
import threading

import pytest

from gateway.ports.errors import StoreUnavailable
from gateway.storage import sqlite_database as database_module
from gateway.storage import threads
from gateway.storage.database import Database


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


@pytest.fixture
async def table(database):
    await database.write(lambda conn: conn.cursor.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, y TEXT)") and None)


def insert(x, y="", *, error=None):
    def function(conn):
        conn.cursor.execute("INSERT INTO t VALUES (?, ?)", (x, y))
        if error:
            raise error
        return x

    return function


async def stored(database):
    return [
        x for (x,) in await database.read(lambda conn: conn.cursor.execute("SELECT x FROM t ORDER BY x").fetchall())
    ]


@pytest.fixture
def commits(monkeypatch):
    """The sizes of the groups that were committed."""
    sizes, commit = [], threads._commit

    def counted(raw, group):
        sizes.append(len(group))
        return commit(raw, group)

    monkeypatch.setattr(threads, "_commit", counted)
    return sizes


@pytest.mark.usefixtures("table")
async def test_what_is_asked_together_shares_a_commit_up_to_the_limit(database, commits):
    answers = await asyncio.gather(*(database.write(insert(x)) for x in range(150)))
    assert answers == list(range(150))
    assert commits == [64, 64, 22]
    assert await stored(database) == list(range(150))


@pytest.mark.usefixtures("table")
async def test_one_that_raises_is_undone_alone(database, commits):
    writes = [database.write(insert(x, error=KeyError(x) if x % 3 == 0 else None)) for x in range(20)]
    answers = await asyncio.gather(*writes, return_exceptions=True)
    assert commits == [20]
    for x, answer in enumerate(answers):
        assert repr(answer) == repr(KeyError(x)) if x % 3 == 0 else answer == x
    assert await stored(database) == [x for x in range(20) if x % 3]


@pytest.mark.usefixtures("table")
async def test_a_constraint_that_is_broken_is_the_callers_own_affair(database):
    first, second, third = await asyncio.gather(*(database.write(insert(x)) for x in (1, 1, 2)), return_exceptions=True)
    assert (first, third) == (1, 2)
    assert isinstance(second, sqlite3.IntegrityError)


@pytest.mark.usefixtures("table")
async def test_nobody_is_answered_before_the_commit(database, file):
    """Another connection sees a row at the moment in which its writer is told."""
    other = sqlite3.connect(file)

    async def write(x):
        await database.write(insert(x))
        return other.execute("SELECT 1 FROM t WHERE x = ?", (x,)).fetchone()

    assert await asyncio.gather(*(write(x) for x in range(100))) == [(1,)] * 100
    other.close()


@pytest.mark.usefixtures("table")
async def test_a_full_disk_is_the_store_being_away_and_goes_by(database):
    await database.write(lambda conn: conn.cursor.execute("PRAGMA user_version = 1") and None)
    pages = await database.read(lambda conn: conn.cursor.execute("PRAGMA page_count").fetchone()[0])
    set_limit = "PRAGMA max_page_count = {}"
    await database.write(lambda conn: conn.cursor.execute(set_limit.format(pages)).fetchone())
    answers = await asyncio.gather(*(database.write(insert(x, "y" * 20_000)) for x in range(3)), return_exceptions=True)
    assert all(isinstance(answer, StoreUnavailable) and "disk is full" in str(answer) for answer in answers)
    assert await stored(database) == []
    await database.write(lambda conn: conn.cursor.execute(set_limit.format(1_000_000)).fetchone())
    assert await database.write(insert(7, "y" * 20_000)) == 7


@pytest.mark.usefixtures("table")
async def test_a_commit_that_fails_fails_for_all_who_share_it(database, monkeypatch):
    commit = threads._commit

    def broken(raw, group):
        commit_sql = raw.cursor().execute  # everything runs but the commit itself
        raw.execute("PRAGMA defer_foreign_keys = ON")
        commit_sql("BEGIN IMMEDIATE")
        for function, _ in group:
            function(threads.Connection(raw.cursor(), "sqlite"))
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(threads, "_commit", broken)
    answers = await asyncio.gather(*(database.write(insert(x)) for x in range(5)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreUnavailable}
    monkeypatch.setattr(threads, "_commit", commit)
    assert await database.write(insert(9)) == 9
    assert await stored(database) == [9]


@pytest.mark.usefixtures("table")
async def test_a_file_that_cannot_be_written_is_the_store_being_away(database):
    def forbidden(conn):
        conn.cursor.execute("PRAGMA query_only = ON")
        try:
            insert(1)(conn)
        finally:
            conn.cursor.execute("PRAGMA query_only = OFF")

    refused, done = await asyncio.gather(database.write(forbidden), database.write(insert(2)), return_exceptions=True)
    assert isinstance(refused, StoreUnavailable)
    assert "cannot be written" in str(refused)
    assert done == 2
    assert await stored(database) == [2]


async def test_a_lock_that_another_process_keeps_is_the_store_being_away(file, monkeypatch):
    monkeypatch.setattr(database_module, "_BUSY_SECONDS", 0.05)
    database = await Database.open(f"sqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="write lock"):
        await database.write(lambda conn: None)
    other.execute("ROLLBACK")
    other.close()
    assert await database.write(lambda conn: 5) == 5
    await database.close()


@pytest.mark.usefixtures("table")
async def test_a_function_that_only_reads_cannot_write(database):
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        await database.read(insert(1))


@pytest.mark.usefixtures("table")
async def test_a_read_sees_one_moment(database):
    began, go_on = threading.Event(), threading.Event()

    def look_twice(conn):
        first = conn.cursor.execute("SELECT count(*) FROM t").fetchone()
        began.set()
        go_on.wait(5)
        return first, conn.cursor.execute("SELECT count(*) FROM t").fetchone()

    looking = asyncio.create_task(database.read(look_twice))
    await asyncio.to_thread(began.wait, 5)
    await database.write(insert(1))
    go_on.set()
    assert await looking == ((0,), (0,))


@pytest.mark.usefixtures("table")
async def test_a_caller_that_was_cancelled_harms_nobody(database):
    tasks = [asyncio.create_task(database.write(insert(x))) for x in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, int)] == [0, 2, 3]


async def test_what_was_asked_before_the_end_is_still_done(file):
    database = await Database.open(f"sqlite:///{file}")
    await database.write(lambda conn: conn.cursor.execute("CREATE TABLE t (x, y)") and None)
    writes = [asyncio.create_task(database.write(insert(x))) for x in range(200)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == list(range(200))
    assert not [path.name for path in file.parent.iterdir() if path != file]  # the log is back in the file


async def test_what_is_asked_while_it_closes_is_refused_and_not_forgotten(file):
    database = await Database.open(f"sqlite:///{file}")
    asked = asyncio.create_task(database.write(lambda conn: 1))
    database._close()  # at once, before the loop could hand anything over
    with pytest.raises(StoreUnavailable, match="closed"):
        await asyncio.gather(asked, database.write(lambda conn: 2))
    await asyncio.gather(asked, return_exceptions=True)


async def test_several_loops_may_share_a_database(database):
    def in_a_loop_of_its_own(number):
        async def work():
            return await asyncio.gather(*(database.write(lambda conn, x=x: x) for x in range(number)))

        return asyncio.run(work())

    results = await asyncio.gather(*(asyncio.to_thread(in_a_loop_of_its_own, number) for number in (10, 20, 30)))
    assert results == [list(range(number)) for number in (10, 20, 30)]

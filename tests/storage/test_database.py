"""Opening, sharing and losing the process of a database file."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.errors import SetupError
from gateway.ports.repository import Query
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository

WRITER = Path(__file__).with_name("writer.py")


@pytest.fixture
async def write(file):
    """Starts processes that save orders; ends those that are left."""
    processes = []

    async def start(prefix: str, count: int):
        process = await asyncio.create_subprocess_exec(
            sys.executable, WRITER, file, prefix, str(count), stdout=asyncio.subprocess.PIPE
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_what_was_answered_is_there_after_a_kill(file, write):
    process = await write("a", 1_000_000)
    told = [await process.stdout.readline() for _ in range(300)]
    process.kill()
    told += (await process.stdout.read()).splitlines(keepends=True)
    assert await process.wait() == -9
    promised = {line.decode().strip() for line in told if line.endswith(b"\n")}
    assert len(promised) >= 300

    database = await Database.open(f"sqlite:///{file}")
    page = await SqlRepository(database).find(Query(ResourceKind.PRODUCT_ORDER, limit=1_000_000))
    assert promised <= {order.id for order in page.items}
    heads = await database.read(lambda conn: conn.cursor.execute("SELECT count(*) FROM work").fetchone()[0])
    assert heads == page.total  # an order and its work are there together or not at all
    assert await database.read(lambda conn: conn.cursor.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    await database.close()


async def test_two_processes_open_one_new_file_and_write_to_it(file, write):
    processes = [await write(prefix, 200) for prefix in ("a", "b")]
    answers = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0, 0]
    assert [len(out.splitlines()) for out, _ in answers] == [200, 200]
    database = await Database.open(f"sqlite:///{file}")
    page = await SqlRepository(database).find(Query(ResourceKind.PRODUCT_ORDER, limit=1))
    assert page.total == 400
    await database.close()


async def test_writes_are_durable_and_readers_do_not_wait(sqlite_database):
    def pragmas(conn):
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [conn.cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await sqlite_database.write(pragmas) == ["wal", 2, 1, 5000]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///x.sqlite?mode=ro",
        "orders.sqlite",
        "",
    ],
)
async def test_an_address_that_is_not_supported_says_what_is(url):
    with pytest.raises(SetupError, match="sqlite:///FILE"):
        await Database.open(url)


async def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"make the folder .*absent"):
        await Database.open(f"sqlite:///{tmp_path}/absent/x.sqlite")


async def test_a_file_that_is_no_database_is_refused_and_left_alone(file):
    file.write_bytes(b"something else entirely, and long enough to be read as a page header" * 20)
    before = file.read_bytes()
    with pytest.raises(SetupError, match="no SQLite database"):
        await Database.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


async def test_another_programs_database_is_refused(file):
    raw = sqlite3.connect(file)
    raw.execute("CREATE TABLE notes (x)")
    raw.close()
    with pytest.raises(SetupError, match="another program"):
        await Database.open(f"sqlite:///{file}")


async def test_a_folder_in_the_files_place_is_refused(tmp_path):
    with pytest.raises(SetupError, match="cannot be opened"):
        await Database.open(f"sqlite:///{tmp_path}")

"""A backup holds all of one moment, and goes back into an empty store of either kind, or not at all."""

import asyncio
import gzip

import orjson
import pytest

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.errors import SetupError
from gateway.ports.repository import Query
from gateway.storage.backup import back_up, restore
from gateway.storage.checkup import check_up
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository
from gateway.storage.tables import every_table

ORDER = ResourceKind.PRODUCT_ORDER


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path, postgres):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'second.sqlite'}"
    return postgres.server.url(postgres.empty())


@pytest.fixture
async def empty(empty_url):
    """A second store with nothing in it."""
    database = await Database.open(empty_url)
    yield database
    await database.close()


async def everything(database):
    def read(conn):
        return {
            table.name: sorted(map(repr, conn.cursor.execute(f"SELECT * FROM {table.name}").fetchall()))
            for table in every_table()
        }

    return await database.read(read)


async def fill(repository, an_order, intake, count=3):
    orders = [an_order(description="Ä\u2028'\"\x00") for _ in range(count)]
    for order in orders:
        await repository.save(intake(order))
    return orders


async def test_what_is_restored_is_what_was_backed_up(database, repository, empty, an_order, intake, tmp_path):
    await fill(repository, an_order, intake)
    file = tmp_path / "backup.gz"
    counts = await back_up(database, file)
    assert (counts["product_order"], counts["work"], counts["event"]) == (3, 3, 3)
    assert await restore(empty, file) == {name: count for name, count in counts.items() if count}
    assert await everything(empty) == await everything(database)
    assert (await check_up(empty)).is_sound
    before, after = [await one.find(Query(ORDER)) for one in (repository, SqlRepository(empty))]
    assert after == before


async def test_a_backup_is_of_one_moment_while_others_write(database, repository, an_order, intake, tmp_path):
    await fill(repository, an_order, intake)
    stop = asyncio.Event()

    async def write():
        while not stop.is_set():
            await repository.save(intake(an_order()))

    writing = asyncio.create_task(write())
    try:
        counts = await back_up(database, tmp_path / "backup.gz")
    finally:
        stop.set()
        await writing
    assert counts["product_order"] == counts["lifecycle"] == counts["work"] == counts["stream"] >= 3


async def test_a_store_that_is_not_empty_is_left_alone(database, repository, an_order, intake, tmp_path):
    await fill(repository, an_order, intake, 1)
    await back_up(database, tmp_path / "backup.gz")
    before = await everything(database)
    with pytest.raises(SetupError, match="not empty"):
        await restore(database, tmp_path / "backup.gz")
    assert await everything(database) == before


@pytest.mark.parametrize("damage", ["cut", "last line", "no gzip", "other format", "other revision"])
async def test_a_backup_that_is_not_whole_restores_nothing(sqlite_database, an_order, intake, tmp_path, damage):
    repository = SqlRepository(sqlite_database)
    await fill(repository, an_order, intake)
    file, target = tmp_path / "backup.gz", await Database.open(f"sqlite:///{tmp_path / 'target.sqlite'}")
    await back_up(sqlite_database, file)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    header = orjson.loads(lines[0])
    changed = {
        "cut": file.read_bytes()[:-40],
        "last line": gzip.compress(b"".join(lines[:-1])),
        "no gzip": b"SQLite format 3",
        "other format": gzip.compress(orjson.dumps({**header, "format": "x"})),
        "other revision": gzip.compress(orjson.dumps({**header, "revision": "0001"})),
    }[damage]
    file.write_bytes(changed)
    with pytest.raises(SetupError):
        await restore(target, file)
    assert (await check_up(target)).counts["product_order"] == 0
    await target.close()


async def test_a_file_that_is_there_is_not_written_over(sqlite_database, tmp_path):
    (tmp_path / "backup.gz").write_text("precious")
    with pytest.raises(SetupError, match="there already"):
        await back_up(sqlite_database, tmp_path / "backup.gz")
    assert (tmp_path / "backup.gz").read_text() == "precious"


OFFENCES = {
    "DELETE FROM stream": "work that no stream leads to",
    "DELETE FROM work": "streams that lack some of their work",
    "UPDATE event SET seq = 1": "events with the number of another",
    "UPDATE hold SET position = 3": "orders whose holds are not numbered through",
    "DELETE FROM lifecycle": "facts of an order that is not there",
}


async def test_a_sound_store_has_nothing_to_tell(database, repository, an_order, intake):
    await fill(repository, an_order, intake)
    found = await check_up(database)
    assert found.is_sound
    assert found.counts["product_order"] == 3


@pytest.mark.parametrize("damage", OFFENCES)
async def test_what_does_not_hang_together_is_found(database, repository, an_order, intake, damage):
    (order,) = await fill(repository, an_order, intake, 1)
    rows = (
        ("fact", f"'f', 1, '{order.id}', 1, 'x', NULL, '{{}}'"),
        ("hold", f"'h', 1, '{order.id}', 1, 1, NULL, '{{}}'"),
        ("event", f"'e', 1, '{order.id}', 2, 'x', 'x', 'x', 'x', NULL, '[]', '{{}}'"),
    )

    def write(conn):
        for table, values in rows:
            conn.cursor.execute(f"INSERT INTO {table} VALUES ({values})")

    await database.write(write)
    assert (await check_up(database)).is_sound
    await database.write(lambda conn: conn.cursor.execute(damage) and None)
    found = await check_up(database)
    assert OFFENCES[damage] in found.offences
    assert any(order.id in place for place in found.offences[OFFENCES[damage]])

"""The repository's tests once more, on tables that are split by shard: no statement needs two shards to be one."""

from tests.storage import partitions
from tests.storage.partitions import split_store, store_url  # noqa: F401 - fixtures
from tests.storage.test_repository import *  # noqa: F403 - all of its tests


async def test_orders_lie_in_both_parts_and_all_of_an_order_in_one(database, repository, intake, an_order):
    orders = [an_order() for _ in range(40)]
    for order in orders:
        await repository.save(intake(order))

    def counts(conn, table):
        parts = [f"SELECT count(*) FROM part_{part}.{table}" for part in range(partitions.PARTS)]
        return [conn.cursor.execute(text).fetchone()[0] for text in parts]

    tables = ("product_order", "lifecycle", "event", "work")
    found = await database.read(lambda conn: {table: counts(conn, table) for table in tables})
    assert len({tuple(each) for each in found.values()}) == 1
    assert sum(found["work"]) == len(orders)
    assert min(found["work"]) > 0

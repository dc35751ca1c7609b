"""The repository's tests once more, on two PostgreSQL databases between which the orders are split by shard."""

import asyncio

import pytest

from gateway.storage.database import Database
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane
from tests.storage.test_repository import *  # noqa: F403 - all of its tests
from tests.storage.two_databases import TwoDatabases, TwoRepositories, place_of

# Of a file; of one database that is closed; of ids that do not rise with time, by which pages of both are put together.
del test_a_listener_added_or_removed_in_the_same_commit_counts  # noqa: F821
del test_after_the_end_every_method_says_that_the_store_is_closed  # noqa: F821
del test_summaries_show_each_lifecycle_with_its_roots_present_state  # noqa: F821


@pytest.fixture(scope="module")
def _names(postgres):
    return [postgres.empty(), postgres.empty()]


@pytest.fixture
async def database(postgres, _names):
    for name in _names:
        await asyncio.to_thread(_clean, postgres, name)
    both = TwoDatabases([await Database.open(postgres.server.url(name)) for name in _names])
    yield both
    await both.close()


@pytest.fixture
def repository(database):
    return TwoRepositories(database)


async def test_workers_of_each_database_do_the_work_of_its_orders_and_of_no_other(
    database, repository, intake, an_order
):
    orders = [an_order() for _ in range(30)]
    for order in orders:
        await repository.save(intake(order))
    seen = ([], [])

    def worker(place):
        async def handler(job):
            seen[place].append(job.key)

        return Dispatcher(database.databases[place], [Lane("customer", handler, concurrency=4)], None, f"of {place}")

    stop = asyncio.Event()
    working = [asyncio.create_task(worker(place).run(stop)) for place in (0, 1)]
    async with asyncio.timeout(30):
        while await repository.ready_at() is not None:  # noqa: ASYNC110 - it can only be asked
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*working)
    for place, keys in enumerate(seen):
        assert sorted(keys) == sorted(order.id for order in orders if place_of(order.id) == place)
        assert keys


def _clean(postgres, name):
    if postgres.sql("SELECT 1 FROM pg_tables WHERE schemaname = $1 LIMIT 1", database=name, values=("public",)):
        postgres.clean(name)

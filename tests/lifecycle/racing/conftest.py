"""Races on one store: each has an order of its own."""

import asyncio

import pytest

from gateway.storage.database import Database
from tests.lifecycle.racing.world import Race


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def database(runner, tmp_path_factory):
    database = runner.run(Database.open(f"sqlite:///{tmp_path_factory.mktemp('races') / 'races.sqlite'}"))
    yield database
    runner.run(database.close())


@pytest.fixture(scope="module")
def begin(runner, database):
    """Begin a race on a store without work that another race left."""

    def make(start="start", **said):
        runner.run(
            database.write(lambda conn: [conn.cursor.execute(f"DELETE FROM {name}") for name in ("work", "stream")])
        )
        race = Race(database, **said)
        runner.run(getattr(race, start)())
        return race

    return make

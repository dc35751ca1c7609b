import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.ports.repository import Work
from gateway.storage.database import Database
from gateway.storage.upgrade import upgrade
from gateway.streams.sql import Connection

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> datetime:
        self.time += timedelta(seconds=seconds)
        return self.time


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fresh_connection():
    """Makes connections to empty databases in memory, for what needs no threads."""
    opened = []

    def make() -> Connection:
        raw = sqlite3.connect(":memory:", isolation_level=None)
        opened.append(raw)
        upgrade(raw)
        return Connection(raw.cursor(), "sqlite")

    yield make
    for raw in opened:
        raw.close()


@pytest.fixture
def conn(fresh_connection) -> Iterator[Connection]:
    return fresh_connection()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "streams.sqlite"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite:///{file}")
    yield database
    await database.close()


@pytest.fixture
def work():
    """Makes work for the lane `field`: `work("order", 3)` has the id `order-3`."""

    def make(key: str, number: int, *, lane: str = "field", delay_seconds: float = 0.0) -> Work:
        return Work(lane, key, f"{key}-{number}", f"payload {number}".encode(), delay_seconds)

    return make

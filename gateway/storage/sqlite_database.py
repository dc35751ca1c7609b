"""One SQLite file: opened, migrated, written in groups, read beside the writes."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Self, TypeVar

from gateway.ports.errors import SetupError
from gateway.storage import upgrade as schema
from gateway.storage.database import Database
from gateway.storage.failures import unavailable
from gateway.storage.json_sql import functions
from gateway.storage.revisions import require_present
from gateway.storage.threads import Readers, Writer
from gateway.streams.sql import Connection

__all__ = ["SqliteDatabase"]

T = TypeVar("T")

_SCHEME = "sqlite:///"
_OLDEST = (3, 38, 0)  # the first with JSON functions always on; RETURNING is older
_READERS = 3
_BUSY_SECONDS = 5.0
_PRAGMAS = """
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16000;
PRAGMA wal_autocheckpoint = 4000;
"""


class SqliteDatabase(Database):
    """The store of one gateway in one file. Several processes may open the same."""

    dialect = "sqlite"

    def __init__(self, file: Path) -> None:
        self.file = file
        self._writer = Writer(self._connect)
        self._readers = Readers("store-reader", _READERS, self._connect_to_read)

    @classmethod
    async def connect(cls, url: str, *, upgrade: bool) -> Self:
        """Open `sqlite:///FILE`, made and brought to the present schema where that is wanted. Raises SetupError."""
        file = _file_of(url)
        await asyncio.to_thread(_prepare, file, upgrade=upgrade)
        return cls(file)

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run a function in the writer's thread, where up to 64 share a commit."""
        return await self._writer.call(function)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run a function on a reader's thread."""
        return await self._readers.call(function)

    async def close(self) -> None:
        """Finish what was asked, then close the file."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.close()
        self._writer.close()  # the last to go, so that it empties the write-ahead log into the file

    def _connect(self) -> sqlite3.Connection:
        return _connect(self.file)

    def _connect_to_read(self) -> sqlite3.Connection:
        raw = _connect(self.file)
        raw.execute("PRAGMA query_only = ON")
        return raw


def _file_of(url: str) -> Path:
    name = url.removeprefix(_SCHEME)
    if name == url or not name or name.startswith(":memory:") or "?" in name:
        raise SetupError(
            f"database {url!r} names no SQLite file",
            "write sqlite:///FILE for a relative path, sqlite:////FOLDER/FILE for an absolute one",
        )
    if sqlite3.sqlite_version_info < _OLDEST:
        raise SetupError(
            f"SQLite {sqlite3.sqlite_version} is too old", f"use a Python with SQLite {'.'.join(map(str, _OLDEST))}"
        )
    file = Path(name)
    if not file.parent.is_dir():
        raise SetupError("the database's folder does not exist", f"make the folder {file.parent}", file=str(file))
    return file


def _prepare(file: Path, *, upgrade: bool) -> None:
    if not upgrade and not file.is_file():
        raise SetupError("the database's file does not exist", "look at the name", file=str(file))
    try:
        with closing(_connect(file)) as raw:
            if upgrade:
                schema.upgrade(raw)
            else:
                require_present(schema.step_of(raw))
    except sqlite3.Error as error:
        reason = unavailable(error)
        raise SetupError(
            reason.reason if reason else f"the database cannot be opened ({error})",
            reason.fix if reason else "name another file, or restore this one",
            file=str(file),
        ) from error


def _connect(file: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(
        file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    raw.executescript(_PRAGMAS)
    for name, count, function in functions():
        raw.create_function(name, count, function, deterministic=True)
    return raw

"""The store of one gateway, wherever it is kept. Above this nobody knows which database it is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import TypeVar

from gateway.ports.errors import SetupError
from gateway.streams.sql import Connection

__all__ = ["Database"]

T = TypeVar("T")

_KINDS = {
    "sqlite": ("gateway.storage.sqlite_database", "SqliteDatabase"),
    "postgresql": ("gateway.storage.postgresql.database", "PostgresDatabase"),
    "postgres": ("gateway.storage.postgresql.database", "PostgresDatabase"),
}


class Database(ABC):
    """Runs functions in transactions; a `streams.sql.Transactions`. Several processes may open the same store.

    A function may be run again from its start, so it changes nothing but the database.
    """

    dialect: str

    @staticmethod
    async def open(url: str, *, upgrade: bool = True) -> "Database":
        """Open `sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`. Raises SetupError.

        Its tables are made or changed where needed; without `upgrade` they must be there as they are needed.
        """
        scheme, separator, _ = url.partition("://")
        kind = _KINDS.get(scheme.lower()) if separator else None
        if kind is None:
            raise SetupError(
                f"database {url.partition('@')[0]!r} is not supported",
                "write sqlite:///FILE for a relative path, sqlite:////FOLDER/FILE for an absolute one, "
                "or postgresql://USER@HOST/DATABASE",
            )
        module, name = kind  # imported here: nobody pays for the driver of a database that is not used
        database: Database = await getattr(import_module(module), name).connect(url, upgrade=upgrade)
        return database

    @abstractmethod
    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction that others may share; return its result once it is durable.

        What the function raises undoes the function alone. Raises StoreUnavailable where nothing was stored; where the
        connection to a server broke in the very commit, it may be stored all the same.
        """

    @abstractmethod
    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run a function that only reads, on one consistent view of what is committed. Raises StoreUnavailable."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was asked, then close. Afterwards every call raises StoreUnavailable."""

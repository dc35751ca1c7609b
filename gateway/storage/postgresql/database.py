"""A PostgreSQL database: opened, migrated, written in groups, read beside the writes."""

import asyncio
from collections.abc import Callable
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.util import greenlet_spawn

from gateway.ports.errors import SetupError
from gateway.storage.database import Database
from gateway.storage.failures import closed
from gateway.storage.postgresql import upgrade as schema
from gateway.storage.postgresql.committer import Committer
from gateway.storage.postgresql.connection import CONNECTIONS, RECONNECT_SECONDS, PostgresConnection, abandon
from gateway.storage.postgresql.failures import is_conflict, is_lost, unavailable
from gateway.streams.sql import Connection

__all__ = ["PostgresDatabase", "plain_address"]

T = TypeVar("T")

_WRITERS = 4
_READERS = 6
_CONNECT_SECONDS = 5.0
_STATEMENT_SECONDS = 30.0
_VIEW = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SERVER_SETTINGS = {
    "application_name": "tmf-gateway",
    "jit": "off",  # our statements are short
    "lock_timeout": "5s",
    # What a frozen process holds in the middle of a transaction is free again after this.
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class PostgresDatabase(Database):
    """The store of any number of gateways and workers. It belongs to the event loop that opened it."""

    dialect = "postgresql"

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool
        self._committer = Committer(pool, _WRITERS)
        self._reading = asyncio.Semaphore(_READERS)
        self._is_closed = False

    @classmethod
    async def connect(cls, url: str, *, upgrade: bool) -> Self:
        """Open `postgresql://USER@HOST/DATABASE`, its tables made or changed where wanted. Raises SetupError."""
        try:
            await schema.upgrade(url, change=upgrade)
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=_WRITERS + _READERS,
                timeout=_CONNECT_SECONDS,
                command_timeout=_STATEMENT_SECONDS,
                statement_cache_size=1024,
                max_cached_statement_lifetime=0,
                server_settings=SERVER_SETTINGS,
                reset=_leave_as_it_is,
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            reason = unavailable(error)
            raise SetupError(
                f"the database {plain_address(url)} cannot be opened: {reason.reason if reason else error}",
                reason.fix if reason else "look at the address, the user and the database's name",
            ) from error
        return cls(pool)

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction, where up to 64 share a commit."""
        return await self._committer.call(function)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run a function on one consistent view; again where the connection turns out to be gone."""
        for attempt in range(1, CONNECTIONS + 1):
            try:
                return await self._read(function)
            except Exception as error:
                if attempt == CONNECTIONS or not (is_lost(error) or is_conflict(error)):
                    refusal = unavailable(error)
                    if refusal is None:
                        raise
                    raise refusal from error
            await asyncio.sleep(RECONNECT_SECONDS)
        raise AssertionError

    async def close(self) -> None:
        """Finish what was asked, then close the connections."""
        self._is_closed = True
        await self._committer.close()
        try:
            await asyncio.wait_for(self._pool.close(), timeout=5.0)
        except TimeoutError:
            self._pool.terminate()

    async def _read(self, function: Callable[[Connection], T]) -> T:
        if self._is_closed:
            raise closed()
        async with self._reading, self._pool.acquire() as raw:
            try:
                await raw.execute(_VIEW)
                value = await greenlet_spawn(function, PostgresConnection(raw))
                await raw.execute("ROLLBACK")
            except BaseException:
                await abandon(raw)
                raise
            return value


def plain_address(url: str) -> str:
    """Return an address without its password."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return f"{parts.scheme}://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"


async def _leave_as_it_is(_: Any) -> None:
    """Spare the pool's resetting: nothing here outlives its transaction."""

"""A legacy system's database: one transaction a change, and every failure named by what happens next.

Nothing of a transaction counts before its commit. So what fails before the commit was not sent, and only an answer to
the commit itself can be lost.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, NeedsOperator, OutcomeUnknown, Refused, SetupError, TryLater
from gateway.ports.lease import check_may_send

__all__ = ["SqlClient", "SqlLimits", "error_of"]


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """How long to wait, in seconds: for a connection, for an answer, and for a lock that another holds."""

    connect_seconds: float = 3.0
    answer_seconds: float = 15.0
    lock_seconds: float = 5.0


_NEEDS_OPERATOR: Mapping[str, str] = {
    "28": "check the user and the password in the landscape's settings",
    "3D": "check the database's name in the landscape's settings",
    "3F": "check the schema, and that its tables were made",
    "42": "let the database have the tables and rights that the adapter's page names",
}
"""The first two characters of an SQLSTATE (its class) that only a person can mend, with how."""

_LOST = frozenset({"", "08", "57", "58", "XX"})
"""Classes in which the end of a connection is told: said of a commit, nobody knows whether it counted."""

_TRY_LATER = frozenset({"08", "40", "53", "55", "57", "58"})
"""Classes that pass: connections, deadlocks and collisions, resources, locks, shutdown, the system beneath."""


class SqlClient:
    """Talks to one PostgreSQL database. `system` is its name in errors. It never retries.

    Raises SetupError for an address that cannot be read.
    """

    def __init__(
        self,
        url: str,
        system: str,
        *,
        password: str | None = None,
        limits: SqlLimits | None = None,
        connections: int = 8,
    ) -> None:
        self._system, self._limits = system, limits or SqlLimits()
        self._engine = self._made(_address(url, system, password), connections)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection on which nothing is changed; all of it is seen as of one moment.

        Raises TryLater, NeedsOperator, Refused.
        """
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                async with connection.begin():
                    yield connection
        except (DBAPIError, NoConnection, OSError) as error:
            raise error_of(error, self._system) from error

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose changes count all or not at all, at the end of the block.

        Raises TryLater (nothing was changed), OutcomeUnknown (the answer to the commit was lost), NeedsOperator,
        Refused (the database would not have it; nothing was changed), LeaseLost.
        """
        check_may_send()
        is_ending = False
        try:
            async with self._engine.connect() as connection:
                transaction = await connection.begin()
                yield connection
                check_may_send()
                is_ending = True
                await transaction.commit()
        except (DBAPIError, NoConnection, OSError) as error:
            if is_ending and (_sqlstate(error) or "")[:2] in _LOST:
                raise OutcomeUnknown(f"{self._system} gave no answer to a commit") from error
            raise error_of(error, self._system) from error

    async def close(self) -> None:
        """Release connections."""
        await self._engine.dispose()

    def _made(self, url: URL, connections: int) -> AsyncEngine:
        limits = self._limits
        server = {
            "lock_timeout": f"{int(limits.lock_seconds * 1000)}ms",
            "application_name": "tmf-gateway",
            "timezone": "UTC",
        }
        return create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=limits.answer_seconds,
            pool_pre_ping=True,
            hide_parameters=True,  # rows hold passwords of customers
            connect_args={
                "timeout": limits.connect_seconds,
                "command_timeout": limits.answer_seconds,
                "server_settings": server,
            },
        )


def error_of(error: Exception, system: str) -> AdapterError:
    """Return the error of ours for one of a database, raised before anything was committed."""
    state = _sqlstate(error)
    if state is None:
        return TryLater(f"{system} gave no answer ({_kind(error)})")
    if state[:2] in _TRY_LATER:
        return TryLater(f"{system} cannot do it now (SQLSTATE {state})")
    fix = _NEEDS_OPERATOR.get(state[:2])
    if fix is not None:
        return NeedsOperator(f"{system} does not let us work (SQLSTATE {state}: {_words(error)})", fix)
    return Refused(f"SQLSTATE {state}", _words(error))


def _address(url: str, system: str, password: str | None) -> URL:
    try:
        read = make_url(url)
    except ArgumentError:
        fix = "write it as postgresql://user@host:port/database"
        raise SetupError(f"the address of {system}'s database cannot be read", fix) from None
    if not read.drivername.startswith("postgresql"):
        fix = "name a PostgreSQL database: postgresql://user@host:port/database"
        raise SetupError(f"{system}'s database is reached by {read.drivername}, which is not supported", fix)
    read = read.set(drivername="postgresql+asyncpg")
    return read.set(password=password) if password is not None else read


def _sqlstate(error: Exception) -> str | None:
    """Return the SQLSTATE with which the server answered; None where it gave no answer."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state if isinstance(state, str) and len(state) == 5 else None


def _kind(error: Exception) -> str:
    return type(getattr(error, "orig", None) or error).__name__


def _words(error: Exception) -> str:
    """Return the server's first line; its detail quotes rows, so it is left out."""
    said = str(getattr(error, "orig", error)).partition("\n")[0].partition("DETAIL:")[0]
    return redact(said.rpartition(">: ")[2])

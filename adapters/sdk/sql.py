"""A legacy system's database: one transaction a change, and every failure named by what happens next.

Nothing of a transaction counts before its commit. So what fails before the commit was not sent, and only an answer to
the commit itself can be lost. Each statement is an exchange that can be recorded (`adapters.sdk.recording`): the
statement, its parameters and the rows that came.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction, create_async_engine
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

from adapters.sdk.recording import current_tape, through
from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, NeedsOperator, OutcomeUnknown, Refused, SetupError, TryLater, Unreadable
from gateway.ports.lease import check_may_send

__all__ = ["SqlClient", "SqlConnection", "SqlLimits", "error_of"]


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


_NOT_OURS = frozenset({"22021", "22P05"})
"""What is said of text in another encoding, where rows are read."""

_DIALECT = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]


class SqlConnection:
    """A connection inside one transaction."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._opened: tuple[AsyncConnection, AsyncTransaction] | None = None  # None: what was recorded is replayed

    async def execute(self, statement: Executable, parameters: Sequence[Mapping[str, Any]] = ()) -> Result[Any]:
        """Run one statement, with several `parameters` for each, and return its rows; columns need names of their own.

        Raises TryLater, NeedsOperator, Refused, Unreadable.
        """

        async def do() -> dict[str, Any] | None:
            assert self._opened is not None
            with _named(self._system, is_reading=statement.is_select):
                found = await self._opened[0].execute(statement, list(parameters) or None)
                rows = [dict(row) for row in found.mappings()] if found.returns_rows else []
                return {"columns": list(found.keys()), "rows": rows} if found.returns_rows else None

        call, asked = _shown(statement, parameters) if current_tape() is not None else ("", None)
        answer = await through(call, asked, do) or {"columns": [], "rows": []}
        rows = [tuple(row[name] for name in answer["columns"]) for row in answer["rows"]]
        return IteratorResult(SimpleResultMetaData(answer["columns"]), iter(rows))

    async def begin(self, engine: AsyncEngine, stack: AsyncExitStack, **options: Any) -> None:
        """Open it, until the stack is unwound; what was not committed by then does not count."""

        async def do() -> None:
            with _named(self._system):
                connection = await engine.connect()
                stack.push_async_callback(_close, connection)
                await connection.execution_options(**options)
                self._opened = connection, await connection.begin()

        await through("BEGIN READ ONLY" if options else "BEGIN", None, do)

    async def commit(self) -> None:
        """Let it count. Raises OutcomeUnknown, and what `execute` raises."""

        async def do() -> None:
            assert self._opened is not None
            with _named(self._system, is_ending=True):
                await self._opened[1].commit()

        await through("COMMIT", None, do)


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
    async def reading(self) -> AsyncIterator[SqlConnection]:
        """Give a connection on which nothing is changed; all of it is seen as of one moment.

        Raises TryLater, NeedsOperator, Refused, Unreadable.
        """
        connection = SqlConnection(self._system)
        async with AsyncExitStack() as stack:
            await connection.begin(self._engine, stack, isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[SqlConnection]:
        """Give a connection whose changes count all or not at all, at the end of the block.

        Raises TryLater (nothing was changed), OutcomeUnknown (the answer to the commit was lost), NeedsOperator,
        Refused (the database would not have it; nothing was changed), Unreadable (nor here), LeaseLost.
        """
        check_may_send()
        connection = SqlConnection(self._system)
        async with AsyncExitStack() as stack:
            await connection.begin(self._engine, stack)
            yield connection
            check_may_send()
            await connection.commit()

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
            native_inet_types=False,  # an address is a text, as in every other system
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


async def _close(connection: AsyncConnection) -> None:
    with suppress(DBAPIError, OSError):  # whatever was to count has counted, or never will
        await connection.close()


@contextmanager
def _named(system: str, *, is_reading: bool = False, is_ending: bool = False) -> Iterator[None]:
    """Raise each failure of a database as an error of ours. `is_ending` says that it may have counted all the same."""
    try:
        yield
    except (DBAPIError, NoConnection, OSError) as error:
        if is_ending and (_sqlstate(error) or "")[:2] in _LOST:
            raise OutcomeUnknown(f"{system} gave no answer to a commit") from error
        if is_reading and _sqlstate(error) in _NOT_OURS:
            raise Unreadable(f"{system} holds text that cannot be read as UTF-8", _words(error)) from error
        raise error_of(error, system) from error


def _shown(statement: Executable, parameters: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
    """Return a statement and its parameters as a recording has them."""
    assert isinstance(statement, ClauseElement)
    keys = list(parameters[0]) if parameters else None
    made = statement.compile(dialect=_DIALECT, column_keys=keys, compile_kwargs={"render_postcompile": True})
    return " ".join(str(made).split()), [dict(row) for row in parameters] or dict(made.params)


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

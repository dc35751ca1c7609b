"""Statements compiled once, and the connection that a transaction's function is given.

SQLAlchemy Core writes the SQL; running it costs no more than the driver does, since the text is made once per dialect.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from operator import itemgetter
from typing import Any, Protocol, TypeVar

from sqlalchemy import BigInteger, ColumnElement, bindparam, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

__all__ = ["Connection", "Statement", "Transactions", "clock", "from_micros", "insert_into", "micros"]

T = TypeVar("T")
Row = tuple[Any, ...]


@lru_cache
def _dialect(name: str) -> Dialect:
    module, style = {
        "sqlite": ("sqlalchemy.dialects.sqlite.pysqlite", "qmark"),
        # It writes what type each bind has: the database prepares a statement before it sees a value.
        "postgresql": ("sqlalchemy.dialects.postgresql.asyncpg", "numeric_dollar"),
    }[name]
    dialect: Dialect = import_module(module).dialect(paramstyle=style)
    return dialect


_INSERTS: dict[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_CLOCKS: dict[str, Callable[[], ColumnElement[int]]] = {
    # One machine, one clock: every process of a SQLite file reads the same.
    "sqlite": lambda: bindparam("now", type_=BigInteger),
    # Machines differ; the database's own clock is the one that all of them share. Read once, it can bound an index.
    "postgresql": lambda: literal_column(
        "(SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint)", BigInteger
    ),
}


class Statement:
    """One SQL statement. `build` takes a dialect's name and returns a SQLAlchemy clause with named binds."""

    __slots__ = ("_build", "_compiled")

    def __init__(self, build: Callable[[str], Any]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[str, Callable[[Mapping[str, Any]], Row]]] = {}

    def on(self, dialect: str) -> tuple[str, Callable[[Mapping[str, Any]], Row]]:
        """Return the SQL text, and the function that puts named values into the order of its places."""
        try:
            return self._compiled[dialect]
        except KeyError:
            made = self._compiled[dialect] = self._compile(dialect)
            return made

    def _compile(self, dialect: str) -> tuple[str, Callable[[Mapping[str, Any]], Row]]:
        compiled = self._build(dialect).compile(dialect=_dialect(dialect))
        names: list[str] = compiled.positiontup or []
        fixed = {name: compiled.params[name] for name in names if not compiled.binds[name].required}
        return compiled.string, _picker(names, fixed)


class Connection:
    """What a function inside a transaction works with. Valid only until the function returns."""

    __slots__ = ("cursor", "dialect", "memo")

    def __init__(self, cursor: Any, dialect: str) -> None:
        # Of the driver, or with its manners: execute, executemany, fetchone, fetchall, rowcount; marks are `?`.
        self.cursor = cursor
        self.dialect = dialect
        self.memo: dict[str, Any] = {}  # what this transaction has read once and need not read again

    def run(self, statement: Statement, binds: Mapping[str, Any]) -> list[Row]:
        """Run a statement and return its rows. Raises the driver's errors."""
        text, pick = statement.on(self.dialect)
        rows: list[Row] = self.cursor.execute(text, pick(binds)).fetchall()
        return rows

    def change(self, statement: Statement, binds: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows; return how many rows it changed."""
        text, pick = statement.on(self.dialect)
        count: int = self.cursor.execute(text, pick(binds)).rowcount
        return count

    def lock(self, *names: str) -> None:
        """Wait until no other transaction holds one of these names, and hold them until the end of this one.

        For what is read first and decided on then. Where writers follow one another anyway there is nothing to do.
        """


class Transactions(Protocol):
    """Runs functions inside transactions. Every method may raise StoreUnavailable."""

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction; return its result after the commit. What it raises undoes it alone."""

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run a function that only reads, on one consistent view."""


def clock(dialect: str) -> ColumnElement[int]:
    """Return the present instant in microseconds: the bind `now`, or the database's clock where machines share it."""
    return _CLOCKS[dialect]()


def insert_into(dialect: str, table: Any) -> Any:
    """Return the dialect's insert, the one that knows ON CONFLICT."""
    return _INSERTS[dialect](table)


def micros(instant: datetime) -> int:
    """Return microseconds since 1970 in UTC."""
    return round(instant.timestamp() * 1_000_000)


def from_micros(value: int) -> datetime:
    """Return the instant, in UTC, of so many microseconds since 1970."""
    return datetime.fromtimestamp(value / 1_000_000, UTC)


def _picker(names: list[str], fixed: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Row]:
    if not names:
        return lambda _: ()
    get = itemgetter(*names)
    if fixed:
        return lambda binds: _row(get({**fixed, **binds}), len(names))
    if len(names) == 1:
        return lambda binds: (get(binds),)
    return get


def _row(value: Any, length: int) -> Row:
    return (value,) if length == 1 else value

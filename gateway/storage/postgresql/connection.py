"""asyncpg under the plain functions of transactions.

A transaction's function is written once for all databases and does not say `await`. It runs in a greenlet of the event
loop: at each statement the greenlet is left until the answer is there, and the loop serves others meanwhile.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Self

from sqlalchemy.util import await_only

from gateway.streams.sql import Connection, Row, Statement

__all__ = ["CONNECTIONS", "RECONNECT_SECONDS", "Cursor", "PostgresConnection", "abandon", "numbered"]

CONNECTIONS = 3
"""How many are tried before the server counts as gone."""

RECONNECT_SECONDS = 0.05

_Wait = Callable[[Awaitable[Any]], Any]

_LOCKS = "SELECT pg_advisory_xact_lock(key) FROM (SELECT unnest($1::bigint[]) AS key ORDER BY 1) AS keys"
_MARKS = re.compile(r"'(?:[^']|'')*'|\?")


class PostgresConnection(Connection):
    """What a function inside a transaction works with. `wait` gives what an awaitable gives."""

    __slots__ = ("_raw", "_wait")

    def __init__(self, raw: Any, wait: _Wait = await_only) -> None:
        super().__init__(Cursor(raw, wait), "postgresql")
        self._raw, self._wait = raw, wait

    @property
    def has_written(self) -> bool:
        """Whether there may be something to undo since `begin_anew`."""
        return bool(self.cursor.has_written)

    def begin_anew(self) -> None:
        """Take note that the next function begins."""
        self.cursor.has_written = False

    def run(self, statement: Statement, binds: Mapping[str, Any]) -> list[Row]:
        """Run a statement and return its rows. Raises asyncpg's errors."""
        text, pick = statement.on("postgresql")
        rows = self._wait(self._raw.fetch(text, *_storable(pick(binds))))
        if rows and not text.startswith("SELECT"):
            self.cursor.has_written = True
        return [tuple(row) for row in rows]

    def change(self, statement: Statement, binds: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows; return how many rows it changed."""
        text, pick = statement.on("postgresql")
        count = _count_of(self._wait(self._raw.execute(text, *_storable(pick(binds)))))
        if count:
            self.cursor.has_written = True
        return count

    def lock(self, *names: str) -> None:
        """Wait until no other transaction holds one of these names, and hold them until the end of this one."""
        keys = [int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True) for name in names]
        if keys:
            self._wait(self._raw.execute(_LOCKS, keys))


class Cursor:
    """A driver's cursor as Python's standard has it, as far as it is used here. Marks are `?`."""

    def __init__(self, raw: Any, wait: _Wait) -> None:
        self._raw, self._wait = raw, wait
        self._rows: list[Row] = []
        self.rowcount = -1
        self.has_written = False

    def execute(self, text: str, values: Sequence[Any] = ()) -> Self:
        """Run a statement."""
        text = numbered(text)
        if text.startswith(("SELECT", "WITH")) or "RETURNING" in text:
            self._rows = [tuple(row) for row in self._wait(self._raw.fetch(text, *_storable(values)))]
            self.rowcount = len(self._rows)
            self.has_written |= not text.startswith("SELECT")
        else:
            self._rows = []
            self.rowcount = _count_of(self._wait(self._raw.execute(text, *_storable(values))))
            self.has_written |= self.rowcount != 0
        return self

    def executemany(self, text: str, values: Iterable[Sequence[Any]]) -> Self:
        """Run a statement for each row of values, all of them sent at once."""
        self.has_written = True
        self._wait(self._raw.executemany(numbered(text), map(_storable, values)))
        return self

    def fetchone(self) -> Row | None:
        """Return the next row."""
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Row]:
        """Return the rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    def __iter__(self) -> Any:
        return iter(self.fetchall())


async def abandon(raw: Any) -> None:
    """Undo what is open; a connection that does not answer is thrown away."""
    try:
        await raw.execute("ROLLBACK", timeout=5.0)
    except Exception:  # noqa: BLE001 - it is of no use any more, whatever it says
        raw.terminate()


@lru_cache(maxsize=2048)
def numbered(text: str) -> str:
    """Return SQL with `$1`, `$2`, … in the places of its `?`, those inside quotes left alone."""
    place = 0

    def number(found: re.Match[str]) -> str:
        nonlocal place
        if found.group() != "?":
            return found.group()
        place += 1
        return f"${place}"

    return _MARKS.sub(number, text)


def _storable(values: Sequence[Any]) -> Sequence[Any]:
    """Return values that can be sent: PostgreSQL's texts have no U+0000. JSON writes it out, so it stays there."""
    for value in values:
        if type(value) is str and "\x00" in value:
            return [one.replace("\x00", "\ufffd") if isinstance(one, str) else one for one in values]
    return values


def _count_of(status: str) -> int:
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else -1

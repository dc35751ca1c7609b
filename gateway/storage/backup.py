"""Backups: every row of every table, as JSON lines in one gzip file that either kind of database takes back.

The first line names format, revision and columns; then come a line for each table and one for each row; the last line
says how many rows there are of each, so that a file that was cut off is not taken for whole.
"""

import base64
import gzip
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from sqlalchemy import LargeBinary, Table

from gateway.ports.errors import SetupError
from gateway.storage.database import Database
from gateway.storage.migrations import HEAD
from gateway.storage.tables import every_table
from gateway.streams.sql import Connection

__all__ = ["FORMAT", "back_up", "restore"]

FORMAT = "tmf-gateway-backup/1"
_AT_ONCE = 500
_OWN = "schema_support"  # it tells of the schema and not of what is stored: the target has its own


async def back_up(database: Database, file: Path) -> dict[str, int]:
    """Write all of one consistent view while others go on; return how many rows of each table. Raises SetupError."""
    if file.exists():  # noqa: ASYNC240 - one look, before anything runs
        raise SetupError("the file is there already", "name a new one", file=str(file))
    beside = file.with_name(f"{file.name}.part")
    try:
        counts = await database.read(lambda conn: _write_all(conn, beside))
        beside.replace(file)
    except OSError as error:
        raise SetupError(
            f"the backup cannot be written: {error.strerror}", "name another file", file=str(file)
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return counts


async def restore(database: Database, file: Path) -> dict[str, int]:
    """Put a backup into a store with no rows, all of it or nothing; return how many of each. Raises SetupError."""
    with _lines(file) as lines:
        header = _header(next(lines, b""), file)
    if header["revision"] != HEAD:
        raise SetupError(
            f"the backup has the schema {header['revision']}, and this release has {HEAD}",
            "restore it with the release that wrote it, then run db upgrade with this one",
            file=str(file),
        )
    return await database.write(lambda conn: _read_all(conn, file))


def _write_all(conn: Connection, file: Path) -> dict[str, int]:
    tables = [table for table in every_table() if table.name != _OWN]
    counts: dict[str, int] = {}
    with file.open("wb") as raw, gzip.open(raw, "wb", compresslevel=6) as out:
        header = {
            "format": FORMAT,
            "revision": HEAD,
            "at": datetime.now(UTC).isoformat(),
            "columns": {str(table.name): [str(column.name) for column in table.columns] for table in tables},
        }
        _put(out, header)
        for table in tables:
            name = str(table.name)
            _put(out, {"table": name})
            coded = _coder(table, lambda value: base64.b64encode(value).decode())
            counts[name] = 0
            for row in _rows(conn, table):
                _put(out, coded(row))
                counts[name] += 1
        _put(out, {"rows": counts})
        out.close()
        raw.flush()
        os.fsync(raw.fileno())
    return counts


def _rows(conn: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """Yield every row, in the order of its key and a few at a time."""
    names = [column.name for column in table.columns]
    key = [column.name for column in table.primary_key.columns]
    places = [names.index(name) for name in key]
    marks, columns = ", ".join("?" * len(key)), ", ".join(key)
    wanted = ", ".join(f'"{name}"' for name in names)
    select = f"SELECT {wanted} FROM {table.name}"  # noqa: S608 - our own words
    after: list[Any] = []
    while True:
        beyond = f" WHERE ({columns}) > ({marks})" if after else ""
        rows = conn.cursor.execute(f"{select}{beyond} ORDER BY {columns} LIMIT {_AT_ONCE}", after).fetchall()
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        after = [rows[-1][place] for place in places]


def _read_all(conn: Connection, file: Path) -> dict[str, int]:
    tables = {table.name: table for table in every_table() if table.name != _OWN}
    for name in tables:
        if conn.cursor.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchall():  # noqa: S608 - our own words
            raise SetupError(f"the database is not empty: there are rows in {name}", "name an empty one")
    counts: dict[str, int] = {}
    with _lines(file) as lines:
        header = _header(next(lines, b""), file)
        table, waiting, said = "", list[Any](), None
        for line in lines:
            row = _parsed(line, file)
            if isinstance(row, list):
                waiting.append(row)
            if isinstance(row, dict) or len(waiting) == _AT_ONCE:
                if waiting:
                    counts[table] = counts.get(table, 0) + len(waiting)
                _insert(conn, tables.get(table), header["columns"].get(table, ()), waiting)
                waiting = []
            if isinstance(row, dict):
                table, said = row.get("table", ""), row.get("rows")
    counts.pop("", None)
    if said is None or {name: count for name, count in said.items() if count} != counts:
        raise _damaged(file)
    return counts


def _insert(conn: Connection, table: Table | None, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows or table is None:
        return
    names = ", ".join(f'"{name}"' for name in columns if name in table.columns)
    text = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own words
    coded = _coder(table, base64.b64decode)
    conn.cursor.executemany(text, [coded(row) for row in rows])


def _coder(table: Table, code: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what turns bytes to text, or text to bytes, in the places of a table that have them."""
    places = [place for place, column in enumerate(table.columns) if isinstance(column.type, LargeBinary)]
    if not places:
        return lambda row: row
    return lambda row: [code(value) if n in places and value is not None else value for n, value in enumerate(row)]


def _put(out: Any, line: Any) -> None:
    out.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


class _lines:  # noqa: N801 - it is used as a function
    """The lines of a backup; damage shows as SetupError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._raw: BinaryIO | None = None

    def __enter__(self) -> Iterator[bytes]:
        try:
            self._raw = gzip.open(self._file, "rb")  # type: ignore[assignment]
        except OSError as error:
            raise SetupError(
                f"the file cannot be read: {error.strerror}", "name another", file=str(self._file)
            ) from error
        return self._each()

    def __exit__(self, *_: object) -> None:
        if self._raw is not None:
            self._raw.close()

    def _each(self) -> Iterator[bytes]:
        assert self._raw is not None
        try:
            yield from self._raw
        except (OSError, EOFError) as error:
            raise _damaged(self._file) from error


def _header(line: bytes, file: Path) -> dict[str, Any]:
    header = _parsed(line, file)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise SetupError(f"the file is no backup of the format {FORMAT}", "name another", file=str(file))
    return header


def _parsed(line: bytes, file: Path) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        raise _damaged(file) from None


def _damaged(file: Path) -> SetupError:
    return SetupError("the backup is damaged or was cut off", "take another one", file=str(file))

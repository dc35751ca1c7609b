"""The stand-in behind a database: SQLite, in a file. It looks at what was written there whenever it works."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.template.legacy.system import No, Row, System

__all__ = ["Served"]

_ASKED = "wanted"
_NUMBERING = """
CREATE TRIGGER "{kind}_id" AFTER INSERT ON "{kind}" WHEN NEW.id IS NULL BEGIN
  UPDATE "{kind}" SET id = '{short}-' || NEW.rowid WHERE rowid = NEW.rowid;
END
"""


class Served:
    """A system whose rows stand in a database, until it is stopped.

    `faults` are those that it can show; `settings` lead the adapter to it, and with `hurry` it waits for it briefly.
    """

    faults = frozenset({"unknown-code", "down"})
    hurry: Mapping[str, Any] = {}

    def __init__(self, system: System, folder: Path, port: int = 0) -> None:  # noqa: ARG002 - as the others
        self.system, self.folder = system, folder
        self._file = folder / "template.sqlite"
        self.settings: dict[str, Any] = {"database": f"sqlite:///{self._file}"}
        self._shadow: dict[tuple[str, str], Row] = {}  # what stood there when it was looked at last
        self._refused: set[str] = set()
        self._is_down = False
        with self._open() as database:
            for kind, members in system.kinds.items():
                names = ", ".join(f'"{name}" TEXT' for name in ("id", _ASKED, *members))
                database.execute(f'CREATE TABLE "{kind}" ({names})')
                database.execute(_NUMBERING.format(kind=kind, short=kind[:3].upper()))
            self._write(database)

    def misbehave(self, fault: str, reference: str = "") -> None:
        """Show a fault from now on, to what is done under a reference; a database that is down is so for everybody."""
        self.system.misbehave(fault, reference)
        if fault == "down" and not self._is_down:
            self._rename("{}", "{}_down")
            self._is_down = True
        self.take_in()

    def heal(self) -> None:
        """Show no fault any more."""
        self.system.heal()
        if self._is_down:
            self._rename("{}_down", "{}")
            self._is_down = False

    def take_in(self) -> None:
        """Look at what was written, and answer beside it."""
        if not self._is_down:
            with self._open() as database:
                self._read(database)
                self._write(database)

    def work(self) -> None:
        """Let everything that is under way there go on."""
        self.take_in()
        self.system.work()
        self.take_in()

    def stop(self) -> None:
        """Let go of the file."""
        self.heal()

    def _open(self) -> "_Database":
        return _Database(self._file)

    def _rename(self, old: str, new: str) -> None:
        with self._open() as database:
            for kind in self.system.kinds:
                database.execute(f'ALTER TABLE "{old.format(kind)}" RENAME TO "{new.format(kind)}"')

    def _read(self, database: sqlite3.Connection) -> None:
        for kind, members in self.system.kinds.items():
            for found in database.execute(f'SELECT * FROM "{kind}" ORDER BY rowid').fetchall():  # noqa: S608 - its own
                row = {name: found[name] for name in ("id", *members) if found[name] is not None}
                before = self._shadow.get((kind, row["id"]))
                self._shadow[kind, row["id"]] = row
                try:
                    if before is None:
                        self.system.make(kind, row)
                        continue
                    to = {name: row[name] for name in row if row[name] != before.get(name)}
                    to |= {"status": found[_ASKED]} if found[_ASKED] else {}
                    if to:
                        self.system.change(kind, row["id"], to)
                except No:
                    self._refused.add(row["id"])  # it stays as it was written, and nobody takes it up

    def _write(self, database: sqlite3.Connection) -> None:
        for kind, members in self.system.kinds.items():
            there = {one for about, one in self._shadow if about == kind}
            for row in self.system.shown(kind):
                there.discard(row["id"])
                known = {name: str(row[name]) for name in ("id", *members) if row.get(name) not in {None, ""}}
                if (kind, row["id"]) not in self._shadow:
                    _insert(database, kind, known)
                elif self._shadow[kind, row["id"]] != known or row.get("status"):
                    _update(database, kind, known)
                self._shadow[kind, row["id"]] = known
            for gone in there - self._refused:
                database.execute(f'DELETE FROM "{kind}" WHERE id = ?', (gone,))  # noqa: S608
                del self._shadow[kind, gone]


def _insert(database: sqlite3.Connection, kind: str, row: Row) -> None:
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" for _ in row)
    database.execute(f'INSERT INTO "{kind}" ({names}) VALUES ({marks})', tuple(row.values()))  # noqa: S608


def _update(database: sqlite3.Connection, kind: str, row: Row) -> None:
    sets = ", ".join(f'"{name}" = ?' for name in row)
    values = (*row.values(), row["id"])
    database.execute(f'UPDATE "{kind}" SET {sets}, "{_ASKED}" = NULL WHERE id = ?', values)  # noqa: S608


class _Database:
    """A connection for one look; what was changed counts at its end."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, timeout=5, isolation_level=None)
        self._connection.row_factory = sqlite3.Row

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("PRAGMA journal_mode = WAL")  # who reads does not wait for who writes
        self._connection.execute("BEGIN IMMEDIATE")  # nobody writes between what it sees and what it answers
        return self._connection

    def __exit__(self, kind: object, *more: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
        self._connection.close()

"""The store of one simulated system: its objects, the faults that it was told to show, a journal of what it made."""

import sqlite3
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

__all__ = ["Faults", "Store", "new_key"]

_SCHEMA = """
create table if not exists object (
    kind text not null, id text not null, reference text not null, item text not null, body text not null,
    primary key (kind, id)
);
create index if not exists object_reference on object (kind, reference, item);
create table if not exists code (kind text not null, code text not null, primary key (kind, code));
create table if not exists journal (
    seq integer primary key, operation text not null, reference text not null, customer_reference text not null,
    item text not null, at text not null
);
create index if not exists journal_reference on journal (reference);
create table if not exists fault (reference text not null, fault text not null, primary key (reference, fault));
"""


def new_key(prefix: str) -> str:
    """Return an identifier that no other run makes: `AP-1F09A3…`."""
    return f"{prefix}{uuid.uuid4().hex[:12].upper()}"


class Faults:
    """The faults set for one order. `slow-profile` is a name, `same-serial:X` a name with an argument."""

    def __init__(self, store: "Store", rows: Iterable[tuple[str, str]]) -> None:
        self._store = store
        self._rows = list(rows)

    def __contains__(self, name: object) -> bool:
        return any(fault == name or fault.startswith(f"{name}:") for _, fault in self._rows)

    def argument(self, name: str) -> str | None:
        """Return what stands after the colon, or None where the fault is not set."""
        return next((fault.partition(":")[2] for _, fault in self._rows if fault.startswith(f"{name}:")), None)

    def arguments(self, name: str) -> set[str]:
        """Return all arguments of a fault that may be set several times."""
        return {fault.partition(":")[2] for _, fault in self._rows if fault.startswith(f"{name}:")}

    def take(self, name: str) -> bool:
        """Whether the fault is set; it is then over."""
        for row in self._rows:
            if row[1] == name:
                self._store.clear_fault(*row)
                self._rows.remove(row)
                return True
        return False


class Store:
    """Objects as JSON in SQLite. There is no unique key on a reference: whoever creates twice has two."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)
        self._has_faults = bool(self._db.execute("select 1 from fault limit 1").fetchone())

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def put(self, kind: str, key: str, body: dict[str, Any], *, reference: str = "", item: str = "") -> None:
        """Store an object, or store it anew."""
        self._db.execute(
            "insert into object values (?, ?, ?, ?, ?) on conflict (kind, id) do update set body = excluded.body",
            (kind, key, reference, item, orjson.dumps(body).decode()),
        )

    def seed(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Store an object unless it is there."""
        self._db.execute(
            "insert or ignore into object values (?, ?, '', '', ?)", (kind, key, orjson.dumps(body).decode())
        )

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return an object, or None."""
        row = self._db.execute("select body from object where kind = ? and id = ?", (kind, key)).fetchone()
        return orjson.loads(row[0]) if row else None

    def of_reference(self, kind: str, reference: str, item: str | None = None) -> list[dict[str, Any]]:
        """Return the objects made for a reference (and item), oldest first."""
        sql, arguments = "select body from object where kind = ? and reference = ?", [kind, reference]
        if item is not None:
            sql, arguments = f"{sql} and item = ?", [*arguments, item]
        return [orjson.loads(row[0]) for row in self._db.execute(f"{sql} order by rowid", arguments)]

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects of a kind, oldest first."""
        sql = "select body from object where kind = ? order by rowid"
        return [orjson.loads(row[0]) for row in self._db.execute(sql, (kind,))]

    def page_of(self, kind: str, after: int, count: int) -> list[dict[str, Any]]:
        """Return some objects of a kind, oldest first, without the first `after`."""
        sql = "select body from object where kind = ? order by rowid limit ? offset ?"
        return [orjson.loads(row[0]) for row in self._db.execute(sql, (kind, count, after))]

    def where(self, kind: str, member: str, value: str) -> list[dict[str, Any]]:
        """Return the objects of a kind whose body has that member, oldest first."""
        sql = "select body from object where kind = ? and body ->> ? = ? order by rowid"
        return [orjson.loads(row[0]) for row in self._db.execute(sql, (kind, f"$.{member}", value))]

    def take_code(self, kind: str, code: str) -> bool:
        """Claim a unique code; False where it is taken."""
        try:
            self._db.execute("insert into code values (?, ?)", (kind, code))
        except sqlite3.IntegrityError:
            return False
        return True

    def count_codes(self, kind: str) -> int:
        """Return how many codes of a kind are taken."""
        return int(self._db.execute("select count(*) from code where kind = ?", (kind,)).fetchone()[0])

    def note(self, operation: str, reference: str, customer_reference: str, item: str) -> None:
        """Write into the journal that something was made."""
        self._db.execute(
            "insert into journal (operation, reference, customer_reference, item, at) values (?, ?, ?, ?, ?)",
            (operation, reference, customer_reference, item, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())),
        )

    def journal(self, reference: str | None) -> dict[str, Any]:
        """Return what was made (for a reference), and how many of these were made more than once."""
        sql = "select operation, reference, customer_reference, item, at from journal"
        arguments: tuple[str, ...] = ()
        if reference is not None:
            sql, arguments = f"{sql} where reference = ? or customer_reference = ?", (reference, reference)
        rows = self._db.execute(f"{sql} order by seq", arguments).fetchall()
        names = ("operation", "reference", "customerReference", "item", "at")
        entries = [dict(zip(names, row, strict=True)) for row in rows]
        distinct = {(row[0], row[1], row[3]) for row in rows}
        return {"simulated": True, "entries": entries, "duplicates": len(rows) - len(distinct)}

    def set_fault(self, reference: str, fault: str) -> None:
        """Show this fault for that order from now on."""
        self._db.execute("insert or ignore into fault values (?, ?)", (reference, fault))
        self._has_faults = True

    def clear_fault(self, reference: str, fault: str | None = None) -> None:
        """Forget a fault of an order, or all of them."""
        if fault is None:
            self._db.execute("delete from fault where reference = ?", (reference,))
        else:
            self._db.execute("delete from fault where reference = ? and fault = ?", (reference, fault))

    def faults(self, *references: str) -> Faults:
        """Return the faults set for an order under any of its references."""
        if not self._has_faults:
            return Faults(self, ())
        known = [reference for reference in references if reference]
        marks = ", ".join("?" for _ in known)
        sql = f"select reference, fault from fault where reference in ({marks})"  # noqa: S608 - marks only
        return Faults(self, self._db.execute(sql, known).fetchall())

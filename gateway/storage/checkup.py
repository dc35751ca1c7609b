"""Looks whether what is stored hangs together: each question is cheap enough for a store that serves meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.storage.database import Database
from gateway.storage.tables import every_table
from gateway.streams.sql import Connection

__all__ = ["Checkup", "check_up"]

_OF_STREAM = "FROM stream AS s LEFT JOIN work AS w ON w.stream = s.id AND w.shard = s.shard AND w.seq > s.done"
_QUESTIONS: Mapping[str, str] = {
    "work that no stream leads to": (
        "SELECT w.stream FROM work AS w LEFT JOIN stream AS s ON s.id = w.stream AND s.shard = w.shard "
        "WHERE s.id IS NULL OR w.seq <= s.done OR w.seq > s.tail"
    ),
    "streams that lack some of their work": (
        f"SELECT s.id {_OF_STREAM} GROUP BY s.id, s.shard, s.tail, s.done HAVING count(w.seq) <> s.tail - s.done"
    ),
    "events with the number of another": "SELECT order_id FROM event GROUP BY order_id, seq HAVING count(*) > 1",
    "orders whose chain of facts has a gap": (
        "SELECT order_id FROM fact GROUP BY order_id HAVING count(*) <> max(position) OR min(position) <> 1"
    ),
    "orders whose holds are not numbered through": (
        "SELECT order_id FROM hold GROUP BY order_id HAVING count(*) <> max(position) OR min(position) <> 1"
    ),
    "orders whose decisions are not numbered through": (
        "SELECT order_id FROM decision GROUP BY order_id HAVING count(*) <> max(position) OR min(position) <> 1"
    ),
    "facts of an order that is not there": (
        "SELECT DISTINCT f.order_id FROM fact AS f LEFT JOIN lifecycle AS l ON l.id = f.order_id WHERE l.id IS NULL"
    ),
    "more than one rule set in force": (
        "SELECT CAST(number AS TEXT) FROM rule_set WHERE status = 'active' "
        "AND (SELECT count(*) FROM rule_set WHERE status = 'active') > 1"
    ),
    "vocabularies with two versions in use": (
        "SELECT vocab FROM vocabulary_version WHERE status = 'active' GROUP BY vocab HAVING count(*) > 1"
    ),
}


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found: rows of each table, and offence → the first few it was found at. `damage` is the file's own."""

    counts: Mapping[str, int]
    offences: Mapping[str, tuple[str, ...]]
    damage: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.offences and not self.damage


async def check_up(database: Database) -> Checkup:
    """Ask all of one consistent view. Raises StoreUnavailable."""
    return await database.read(_ask)


def _ask(conn: Connection) -> Checkup:
    damage: tuple[str, ...] = ()
    if conn.dialect == "sqlite":
        damage = tuple(line for (line,) in conn.cursor.execute("PRAGMA integrity_check(20)").fetchall() if line != "ok")
    counts = {
        str(table.name): conn.cursor.execute(f"SELECT count(*) FROM {table.name}").fetchall()[0][0]  # noqa: S608 - our own words
        for table in every_table()
    }
    found = {
        offence: tuple(str(row[0]) for row in conn.cursor.execute(f"{text} LIMIT 5").fetchall())
        for offence, text in _QUESTIONS.items()
    }
    return Checkup(counts, {offence: places for offence, places in found.items() if places}, damage)

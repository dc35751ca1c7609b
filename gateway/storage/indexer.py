"""Brings the tables of values up to the documents, a few at a time, outside the transactions that store these."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.errors import StoreUnavailable
from gateway.storage.json_sql import JSON_SQL
from gateway.storage.leaves import Entries, entries, pack, unpack
from gateway.storage.schema import RESOURCES
from gateway.streams.sql import Connection, Transactions

__all__ = ["AT_ONCE", "Indexer", "index_some"]

AT_ONCE = 100
"""Documents of one transaction: a writer waits no longer than these take."""

log = structlog.get_logger(__name__)

_TABLES = (("leaf", ("token", "created", "id")), ("leaf_rank", ("token", "rank", "id", "created")))

_SKIP = {"sqlite": "", "postgresql": " FOR UPDATE SKIP LOCKED"}


class Indexer:
    """Indexes what is stored, in every process that opened the database; several share the work."""

    def __init__(self, database: Transactions, every_seconds: float = 0.5) -> None:
        self._database, self._every_seconds = database, every_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Index until `stop` is set. A database that does not answer is asked again."""
        while not stop.is_set():
            try:
                await self.catch_up(stop)
            except StoreUnavailable as error:
                log.warning("not indexed", reason=error.reason)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every_seconds)

    async def catch_up(self, stop: asyncio.Event | None = None) -> None:
        """Index all that is stored now."""
        while not (stop and stop.is_set()) and await self._database.read(_is_behind):
            await self._database.write(index_some)


def index_some(conn: Connection, most: int = AT_ONCE) -> int:
    """Index a few documents; return how many."""
    mark = JSON_SQL[conn.dialect].mark
    found = conn.cursor.execute(
        f"SELECT kind, id FROM unindexed ORDER BY kind, id LIMIT {most}{_SKIP[conn.dialect]}",  # noqa: S608 - our own words
        [],
    ).fetchall()
    for kind in ResourceKind:
        ids = [resource_id for of_kind, resource_id in found if of_kind == kind.value]
        if ids:
            _index(conn, mark, kind, ids)
    return len(found)


def _is_behind(conn: Connection) -> bool:
    return bool(conn.cursor.execute("SELECT 1 FROM unindexed LIMIT 1", []).fetchall())


def _index(conn: Connection, mark: str, kind: ResourceKind, ids: list[str]) -> None:
    marks = ", ".join([mark] * len(ids))
    conn.cursor.execute(f"DELETE FROM unindexed WHERE kind = {mark} AND id IN ({marks})", [kind.value, *ids])  # noqa: S608 - the same
    stored = conn.cursor.execute(
        f"SELECT id, created, doc FROM {RESOURCES[kind].name} WHERE id IN ({marks})",  # noqa: S608 - the same
        ids,
    ).fetchall()
    before = conn.cursor.execute(
        f"SELECT id, created, entries FROM indexed WHERE kind = {mark} AND id IN ({marks})",  # noqa: S608 - the same
        [kind.value, *ids],
    ).fetchall()
    old = _rows((resource_id, created, unpack(data)) for resource_id, created, data in before)
    read = [(resource_id, created, entries(kind, doc)) for resource_id, created, doc in stored]
    new = _rows(read)
    for of, (table, names) in enumerate(_TABLES):
        gone, come = sorted(old[of] - new[of]), sorted(new[of] - old[of])  # sorted: neighbours share a page
        if gone:
            test = " AND ".join(f"{name} = {mark}" for name in names)
            conn.cursor.executemany(f"DELETE FROM {table} WHERE {test}", gone)  # noqa: S608 - the same
        if come:
            values = ", ".join([mark] * len(names))
            text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values}) ON CONFLICT DO NOTHING"  # noqa: S608 - the same
            conn.cursor.executemany(text, come)
    kept = {resource_id for resource_id, _, _ in read}
    lost = [(kind.value, resource_id) for resource_id, _, _ in before if resource_id not in kept]
    if lost:
        conn.cursor.executemany(f"DELETE FROM indexed WHERE kind = {mark} AND id = {mark}", lost)  # noqa: S608 - the same
    if read:
        text = (
            f"INSERT INTO indexed (kind, id, created, entries) VALUES ({mark}, {mark}, {mark}, {mark}) "  # noqa: S608 - the same
            "ON CONFLICT (kind, id) DO UPDATE SET created = excluded.created, entries = excluded.entries"
        )
        conn.cursor.executemany(text, [(kind.value, one, created, pack(found)) for one, created, found in read])


def _rows(read: Any) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    tokens, ranks = set[tuple[Any, ...]](), set[tuple[Any, ...]]()
    found: Entries
    for resource_id, created, found in read:
        tokens.update((token, created, resource_id) for token in found.tokens)
        ranks.update((token, rank, resource_id, created) for token, rank in found.ranks)
    return tokens, ranks

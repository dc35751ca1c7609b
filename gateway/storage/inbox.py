"""What other systems told the gateway, on SQL."""

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from gateway.canonical.ids import new_id, shard_of
from gateway.canonical.listening import HeardEvent, HeardStatus
from gateway.ports.clock import Clock, SystemClock
from gateway.ports.inbox import HEARD_LANE
from gateway.ports.repository import Work
from gateway.storage import statements_listeners as sql
from gateway.streams import queue
from gateway.streams.sql import Connection, Transactions, micros

__all__ = ["SqlInbox"]


class SqlInbox:
    """Implements `gateway.ports.inbox.Inbox`."""

    def __init__(self, database: Transactions, clock: Clock | None = None) -> None:
        self._database, self._clock = database, clock or SystemClock()

    async def keep(self, heard: HeardEvent) -> HeardEvent:
        """Store a notification and enqueue looking at it; the same once more is counted and nothing else."""
        digest = _digest(orjson.dumps(heard.body, option=orjson.OPT_SORT_KEYS))
        named = _digest(f"{heard.face.partition('-')[0]}|{heard.source}|{heard.event_id}".encode())[:32]
        now = self._clock.now()

        def write(conn: Connection) -> HeardEvent:
            # A sender that uses an id for two different events is told apart by what they say.
            for heard_id in (named, f"{named}-{digest[:16]}"):
                new = heard.model_copy(update={"id": heard_id, "received_at": now})
                row = {"id": new.id, "shard": shard_of(new.id), "received": micros(now), "status": new.status.value}
                row |= {"digest": digest, "times": 1, "doc": new.model_dump_json(exclude_none=True)}
                if conn.change(sql.ADD_HEARD, row):
                    queue.enqueue(conn, _look(new), now)
                    return new
                found = conn.run(sql.HEARD, {"of_id": heard_id})[0]
                if found[1] == digest:
                    return _change(conn, _read(found), times=found[2] + 1)
            raise AssertionError("two notifications with one digest differ")

        return await self._database.write(write)

    async def heard(self, heard_id: str) -> HeardEvent | None:
        """Return one, or None."""
        rows = await self._database.read(lambda conn: conn.run(sql.HEARD, {"of_id": heard_id}))
        return _read(rows[0]) if rows else None

    async def settle(self, heard: HeardEvent) -> None:
        """Record what became of it."""

        def write(conn: Connection) -> None:
            rows = conn.run(sql.HEARD, {"of_id": heard.id})
            if rows:
                _change(conn, heard, times=rows[0][2])

        await self._database.write(write)

    async def look_again(self, heard_id: str) -> HeardEvent | None:
        """Enqueue looking at it once more; None where there is none."""
        now = self._clock.now()

        def write(conn: Connection) -> HeardEvent | None:
            rows = conn.run(sql.HEARD, {"of_id": heard_id})
            if not rows:
                return None
            found = _read(rows[0])
            queue.enqueue(conn, _look(found), now)
            return found

        return await self._database.write(write)

    async def all_heard(
        self, *, status: HeardStatus | None = None, offset: int = 0, limit: int = 100
    ) -> tuple[Sequence[HeardEvent], int]:
        """Return a page, newest first, and how many there are."""
        binds = {"status": None if status is None else status.value}

        def read(conn: Connection) -> tuple[Sequence[HeardEvent], int]:
            rows = conn.run(sql.HEARD_PAGE, binds | {"offset": max(0, offset), "limit": max(0, limit)})
            ((total,),) = conn.run(sql.HEARD_COUNT, binds)
            return tuple(_read(row) for row in rows), total

        return await self._database.read(read)


def _change(conn: Connection, heard: HeardEvent, *, times: int) -> HeardEvent:
    changed = heard.model_copy(update={"times": times})
    doc = changed.model_dump_json(exclude_none=True)
    conn.change(
        sql.CHANGE_HEARD, {"of_id": heard.id, "new_status": heard.status.value, "new_times": times, "new_doc": doc}
    )
    return changed


def _look(heard: HeardEvent) -> Work:
    # What one resource went through is looked at in the order in which it came.
    key = _digest(f"{heard.face.partition('-')[0]}|{heard.source}|{heard.resource_id or heard.id}".encode())[:32]
    return Work(HEARD_LANE, key, new_id(), orjson.dumps({"heard": heard.id}))


def _read(row: tuple[Any, ...]) -> HeardEvent:
    doc, _, times = row
    return HeardEvent.model_validate_json(doc).model_copy(update={"times": times})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""Cursors of polls, and the haste that a change makes, on SQL."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Text, bindparam, select

from gateway.canonical.ids import new_id
from gateway.ports.adapter import Role
from gateway.ports.clock import Clock
from gateway.ports.polling import POLL_LANE, Changed, Hurried, Polled
from gateway.ports.repository import Work
from gateway.storage.schema_polling import poll_cursor
from gateway.streams import queue
from gateway.streams.fence import check_lease, job_in_hand
from gateway.streams.sql import Connection, Statement, Transactions, clock, insert_into

__all__ = ["SqlCursors"]

_P = poll_cursor.c
_READ = Statement(lambda _: select(_P.position).where(_P.id == bindparam("of_id")))


def _move(dialect: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own class of insert
    said = {"position": bindparam("position", type_=Text), "moved": clock(dialect)}
    new = insert_into(dialect, poll_cursor).values(id=bindparam("of_id"), **said)
    return new.on_conflict_do_update(
        index_elements=["id"], set_={name: new.excluded[name] for name in ("position", "moved")}
    )


_MOVE = Statement(_move)


class SqlCursors:
    """Implements `gateway.ports.polling.Cursors`."""

    def __init__(self, database: Transactions, clock: Clock | None = None) -> None:
        """Without a `clock` the database's says when work is due; one of its own is for tests."""
        self._database, self._clock = database, clock

    async def schedule(self, role: Role) -> None:
        """Have a role's system polled from now on; once for all processes."""
        payload = orjson.dumps({"what": "poll", "role": role})
        work, now = Work(POLL_LANE, role.value, "poll", payload), self._now()
        await self._database.write(lambda conn: queue.enqueue(conn, work, now))

    async def cursor(self, role: Role, system: str) -> str | None:
        """Return where the last poll of a system ended; None before the first."""
        binds = {"of_id": _key(role, system)}
        rows = await self._database.read(lambda conn: conn.run(_READ, binds))
        return rows[0][0] if rows else None

    async def advance(
        self, role: Role, system: str, polled: Polled, hurried: Sequence[Hurried], unknown: Sequence[Changed]
    ) -> None:
        """Move the cursor and see to the changes, in one transaction. Raises LeaseLost."""
        job, now = job_in_hand(), self._now()
        looks = [_look(role, one) for one in unknown]
        binds = {"of_id": _key(role, system), "position": polled.cursor, "now": None}

        def write(conn: Connection) -> None:
            check_lease(conn, job)
            # Streams in one order for everybody, so that two transactions never wait for each other.
            late = [one for one in sorted(hurried, key=lambda one: one.order_id) if not _hurry(conn, one, now)]
            queue.enqueue_all(conn, [*looks, *(_look(one.role, Changed(reference=one.order_id)) for one in late)], now)
            conn.change(_MOVE, binds)

        await self._database.write(write)

    async def hurry(self, hurried: Hurried) -> bool:
        """Have what an order waits for fetched now. False where that is being done already, perhaps too early."""
        now = self._now()
        return await self._database.write(lambda conn: _hurry(conn, hurried, now))

    def _now(self) -> datetime | None:
        return None if self._clock is None else self._clock.now()


def _hurry(conn: Connection, hurried: Hurried, now: datetime | None) -> bool:
    return queue.hasten(conn, hurried.role.value, hurried.order_id, now)


def _key(role: Role, system: str) -> str:
    return f"{role}|{system}"


def _look(role: Role, changed: Changed) -> Work:
    named = changed.reference or hashlib.sha256((changed.legacy_id or "").encode()).hexdigest()[:32]
    payload = orjson.dumps({"what": "look", "role": role, **changed.model_dump(exclude_none=True)})
    # An id of its own: one that is just being done may have looked too early for this change.
    return Work(POLL_LANE, f"{role}/{named}", new_id(), payload)

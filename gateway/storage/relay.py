"""The history of events on SQL: what the relay publishes, and what is published once more."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import BigInteger, and_, bindparam, case, func, literal, or_, select

from gateway.canonical.lifecycle import Event
from gateway.storage.rows import event_of
from gateway.storage.schema import event
from gateway.streams import queue
from gateway.streams.office_statements import ADD_ACTION
from gateway.streams.relay import RELAY_LANE, page_work, replay_work
from gateway.streams.sql import Connection, Statement, Transactions
from gateway.streams.tables import stream

__all__ = ["SqlEventHistory"]

_MOST_WAITING = 2000
"""So many streams in the lane, and a replay waits before it enqueues more."""

_PAGE = 500

_E = event.c
_columns = [column for column in event.c if column.name != "shard"]
_last = bindparam("last", type_=BigInteger)
_EVENTS = Statement(
    lambda _: (
        select(*_columns)
        .where(
            _E.order_id == bindparam("order"),
            _E.seq >= bindparam("first", type_=BigInteger),
            or_(_last.is_(None), _E.seq <= _last),
        )
        .order_by(_E.seq)
        .limit(bindparam("limit"))
    )
)
# Texts of instants in UTC sort as the instants do.
_NEXT_ORDERS = Statement(
    lambda _: (
        select(_E.order_id, func.min(case((_E.at >= bindparam("since"), _E.seq))))
        .where(_E.order_id > bindparam("after"))
        .group_by(_E.order_id)
        .order_by(_E.order_id)
        .limit(_PAGE)
    )
)
_FIRST = Statement(
    lambda _: select(func.min(_E.seq)).where(and_(_E.order_id == bindparam("order"), _E.at >= bindparam("since")))
)
_WAITING = Statement(
    lambda _: select(func.count()).select_from(
        select(literal(1)).where(stream.c.lane == RELAY_LANE).limit(_MOST_WAITING).subquery()
    )
)


class SqlEventHistory:
    """Implements `gateway.ports.broker.EventHistory`."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def events(self, order_id: str, first: int, last: int | None, limit: int) -> Sequence[Event]:
        """Return events of one order from one `seq` on, to `last` or to the newest, at most so many."""
        binds = {"order": order_id, "first": first, "last": last, "limit": limit}
        rows = await self._database.read(lambda conn: conn.run(_EVENTS, binds))
        return tuple(event_of(row) for row in rows)

    async def enqueue_page(self, replay: str, since: datetime | None, after: str) -> bool:
        """Enqueue the replay of the next orders by id, and of the page after it; False where too much waits."""

        def write(conn: Connection) -> bool:
            ((waiting,),) = conn.run(_WAITING, {})
            if waiting >= _MOST_WAITING:
                return False
            found = conn.run(_NEXT_ORDERS, {"since": _text(since), "after": after})
            works = [replay_work(replay, order_id, first) for order_id, first in found if first is not None]
            if len(found) == _PAGE:
                works.append(page_work(replay, since, found[-1][0]))
            queue.enqueue_all(conn, works, None)
            return True

        return await self._database.write(write)

    async def begin_replay(
        self, replay: str, since: datetime | None, order_id: str | None, who: str, reason: str
    ) -> bool:
        """Enqueue a replay, of one order or of all, and note who wanted it; False where the order has no event."""

        def write(conn: Connection) -> bool:
            work = page_work(replay, since, "")
            if order_id is not None:
                ((first,),) = conn.run(_FIRST, {"order": order_id, "since": _text(since)})
                if first is None:
                    return False
                work = replay_work(replay, order_id, first)
            queue.enqueue(conn, work, None)
            noted = {"lane": RELAY_LANE, "key": order_id or "", "who": who, "reason": reason, "works": 1}
            conn.change(ADD_ACTION, {"id": replay, "action": "replay", "now": None, **noted})
            return True

        return await self._database.write(write)


def _text(since: datetime | None) -> str:
    return "" if since is None else since.astimezone(UTC).isoformat()

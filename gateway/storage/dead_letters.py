"""Messages that could not be taken, on SQL."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, or_, select, update

from gateway.canonical.ids import shard_of
from gateway.ports.broker import DeadLetter
from gateway.storage.schema_dead_letter import dead_letter
from gateway.streams.sql import Connection, Statement, Transactions, clock, from_micros, insert_into, micros

__all__ = ["SqlDeadLetters"]

_L = dead_letter.c
_NAMES = ("id", "source", "body", "code", "reason", "fix", "received")
_columns = [column for column in dead_letter.c if column.name != "shard"]
_state = bindparam("is_open", type_=Integer)  # 1 open, 0 closed, None either
_wanted = or_(_state.is_(None), and_(_state == 1, _L.closed.is_(None)), and_(_state == 0, _L.closed.is_not(None)))

_PUT = Statement(
    lambda dialect: (
        insert_into(dialect, dead_letter)
        .values({name: bindparam(name) for name in (*_NAMES, "shard")})
        .on_conflict_do_nothing()
    )
)
_GET = Statement(lambda _: select(*_columns).where(_L.id == bindparam("of_id")))
_PAGE = Statement(
    lambda _: (
        select(*_columns)
        .where(_wanted)
        .order_by(_L.received.desc(), _L.id)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )
)
_COUNT = Statement(lambda _: select(func.count()).select_from(dead_letter).where(_wanted))
_CLOSE = Statement(
    lambda dialect: (
        update(dead_letter)
        .where(_L.id == bindparam("of_id"), _L.closed.is_(None))
        .values(
            closed=clock(dialect),
            closed_as=bindparam("as_what"),
            who=bindparam("by_whom"),
            why=bindparam("for_what"),
        )
    )
)


class SqlDeadLetters:
    """Implements `gateway.ports.broker.DeadLetters`."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def put(self, letter: DeadLetter) -> bool:
        """Keep a message; False where it is kept already."""
        row = {name: value for name, value in asdict(letter).items() if name in _NAMES}
        row |= {"received": micros(letter.received), "shard": shard_of(letter.id)}
        return await self._database.write(lambda conn: conn.change(_PUT, row) > 0)

    async def get(self, letter_id: str) -> DeadLetter | None:
        """Return one message, or None."""
        rows = await self._database.read(lambda conn: conn.run(_GET, {"of_id": letter_id}))
        return _letter(rows[0]) if rows else None

    async def page(self, *, is_open: bool | None, offset: int, limit: int) -> tuple[Sequence[DeadLetter], int]:
        """Return messages, the latest first, and how many there are; only open ones or only closed ones."""
        binds = {"is_open": None if is_open is None else int(is_open), "offset": offset, "limit": limit}

        def read(conn: Connection) -> tuple[Sequence[DeadLetter], int]:
            ((total,),) = conn.run(_COUNT, binds)
            return tuple(_letter(row) for row in conn.run(_PAGE, binds)), total

        return await self._database.read(read)

    async def close(self, letter_id: str, closed_as: str, who: str, why: str) -> bool:
        """Close an open message; False where there is none."""
        binds = {"of_id": letter_id, "as_what": closed_as, "by_whom": who, "for_what": why, "now": None}
        return await self._database.write(lambda conn: conn.change(_CLOSE, binds) > 0)


def _letter(row: Sequence[Any]) -> DeadLetter:
    letter_id, source, body, code, reason, fix, received, closed, closed_as, who, why = row
    return DeadLetter(
        letter_id,
        source,
        bytes(body),
        code,
        reason,
        fix,
        from_micros(received),
        None if closed is None else from_micros(closed),
        closed_as,
        who,
        why,
    )

"""The store of vocabularies on SQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select, update

from gateway.lifecycle.desk import LIFECYCLE_LANE
from gateway.ports.clock import Clock, SystemClock
from gateway.ports.errors import SetupError
from gateway.ports.repository import Work
from gateway.ports.vocabulary_store import StoredTable, TableStatus, UnknownSeen
from gateway.storage.schema_vocabulary import met_code, unknown_code, unknown_code_order, vocabulary_version
from gateway.streams import queue
from gateway.streams.sql import Connection, Statement, Transactions, from_micros, insert_into, micros

__all__ = ["RECHECK", "SqlVocabularyStore"]

RECHECK = "recheck"
"""What the lifecycle lane is asked to do with an order whose code has a meaning now."""

_V, _U, _O, _M = vocabulary_version.c, unknown_code.c, unknown_code_order.c, met_code.c
_COLUMNS = tuple(column.name for column in vocabulary_version.c)


def _put_version(dialect: str) -> Any:
    new = insert_into(dialect, vocabulary_version)
    changing = ("digest", "text", "status", "who", "reason", "at")
    return new.on_conflict_do_update(
        index_elements=[_V.vocab, _V.version], set_={name: new.excluded[name] for name in changing}
    )


def _met_unknown(dialect: str) -> Any:
    new = insert_into(dialect, unknown_code)
    return new.on_conflict_do_update(
        index_elements=[_U.vocab, _U.code],
        set_={"last_seen": new.excluded.last_seen, "count": _U.count + new.excluded.count},
    )


def _waits(dialect: str) -> Any:
    new = insert_into(dialect, unknown_code_order)
    return new.on_conflict_do_update(
        index_elements=[_O.vocab, _O.code, _O.order_id], set_={"waiting": new.excluded.waiting}
    )


def _add_count(dialect: str) -> Any:
    new = insert_into(dialect, met_code)
    return new.on_conflict_do_update(index_elements=[_M.vocab, _M.code], set_={"count": _M.count + new.excluded.count})


def _unknown(_: str) -> Any:
    orders = (
        select(_O.vocab, _O.code, func.count().label("orders"), func.sum(_O.waiting).label("waiting"))
        .group_by(_O.vocab, _O.code)
        .subquery()
    )
    return (
        select(unknown_code, func.coalesce(orders.c.orders, 0), func.coalesce(orders.c.waiting, 0))
        .outerjoin(orders, (orders.c.vocab == _U.vocab) & (orders.c.code == _U.code))
        .order_by(_U.count.desc(), _U.vocab, _U.code)
    )


_of_vocab = _V.vocab == bindparam("of_vocab")
_is_active = _V.status == TableStatus.ACTIVE.value
_PUT_VERSION = Statement(_put_version)
_VERSION = Statement(lambda _: select(_V.digest, _V.status).where(_of_vocab, _V.version == bindparam("of_version")))
_VERSIONS = Statement(lambda _: select(vocabulary_version).where(_of_vocab).order_by(_V.version.desc()))
_ACTIVE = Statement(lambda _: select(vocabulary_version).where(_is_active).order_by(_V.vocab))
_ACTIVE_OF = Statement(lambda _: select(_V.version, _V.digest).where(_of_vocab, _is_active))
_RETIRE = Statement(
    lambda _: update(vocabulary_version).where(_of_vocab, _is_active).values(status=TableStatus.RETIRED.value)
)
_MET_UNKNOWN = Statement(_met_unknown)
_WAITS = Statement(_waits)
_UNKNOWN = Statement(_unknown)
_WAITING = Statement(
    lambda _: (
        select(_O.code, _O.order_id).where(_O.vocab == bindparam("of_vocab"), _O.waiting == 1).order_by(_O.order_id)
    )
)
_ADD_COUNT = Statement(_add_count)
_COUNTS = Statement(lambda _: select(_M.code, _M.count).where(_M.vocab == bindparam("of_vocab")))


class SqlVocabularyStore:
    """Implements `gateway.ports.vocabulary_store.VocabularyStore`."""

    def __init__(self, database: Transactions, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._tells_when_due = clock is not None  # else the database's clock says when work is due

    async def versions(self, vocab: str) -> Sequence[StoredTable]:
        """Return every version that is kept of one vocabulary, the newest first."""
        rows = await self._database.read(lambda conn: conn.run(_VERSIONS, {"of_vocab": vocab}))
        return tuple(map(_stored, rows))

    async def active(self) -> Sequence[StoredTable]:
        """Return the versions that were adopted and not replaced yet."""
        return tuple(map(_stored, await self._database.read(lambda conn: conn.run(_ACTIVE, {}))))

    async def stage(self, tables: Sequence[StoredTable]) -> None:
        """Keep tables without using them. Raises SetupError for a version that was adopted with other content."""

        def write(conn: Connection) -> None:
            conn.lock(*(f"vocabulary {table.vocab}" for table in tables))
            for table in tables:
                if not _is_kept(conn, table):
                    conn.change(_PUT_VERSION, _row(table, TableStatus.STAGED))

        await self._database.write(write)

    async def adopt(self, tables: Sequence[StoredTable], codes: Mapping[str, Collection[str]]) -> Sequence[str]:
        """Make tables the active ones; enqueue to ask again, and return, every order that waits for their codes.

        Raises SetupError for a version that does not rise or was adopted with other content.
        """
        now = self._clock.now()

        def write(conn: Connection) -> tuple[str, ...]:
            orders: dict[str, str] = {}
            conn.lock(*(f"vocabulary {table.vocab}" for table in tables))
            for table in tables:
                _check_rise(conn, table)
                conn.change(_RETIRE, {"of_vocab": table.vocab})
                conn.change(_PUT_VERSION, _row(table, TableStatus.ACTIVE))
                for code, order in conn.run(_WAITING, {"of_vocab": table.vocab}):
                    if code in codes.get(table.vocab, ()):
                        orders.setdefault(order, f"{table.vocab}@{table.version}")
                        conn.change(_WAITS, _wait(table.vocab, code, order, waiting=0))
            queue.enqueue_all(
                conn, [_recheck(order, name) for order, name in orders.items()], now if self._tells_when_due else None
            )
            return tuple(orders)

        return await self._database.write(write)

    async def met_unknown(self, vocab: str, code: str, order_id: str) -> None:
        """Count a code that a vocabulary lacks, met for an order that now waits for it."""
        now = micros(self._clock.now())
        seen = {"vocab": vocab, "code": code, "first_seen": now, "last_seen": now, "count": 1}

        def write(conn: Connection) -> None:
            conn.change(_MET_UNKNOWN, seen)
            conn.change(_WAITS, _wait(vocab, code, order_id, waiting=1))

        await self._database.write(write)

    async def settled(self, vocab: str, code: str, order_id: str) -> None:
        """Take note that the order waits for that code no longer."""
        await self._database.write(lambda conn: conn.change(_WAITS, _wait(vocab, code, order_id, waiting=0)))

    async def unknown(self) -> Sequence[UnknownSeen]:
        """Return every code that was ever met and lacked, the most frequent first."""
        rows = await self._database.read(lambda conn: conn.run(_UNKNOWN, {}))
        return tuple(
            UnknownSeen(
                vocab=vocab,
                code=code,
                first_seen=from_micros(first),
                last_seen=from_micros(last),
                count=count,
                orders=orders,
                waiting=waiting,
            )
            for vocab, code, first, last, count, orders, waiting in rows
        )

    async def count(self, met: Mapping[tuple[str, str], int]) -> None:
        """Add to how often the codes of tables were met: (vocabulary, code) → so many more."""
        rows = [{"vocab": vocab, "code": code, "count": more} for (vocab, code), more in sorted(met.items())]

        def write(conn: Connection) -> None:
            for row in rows:
                conn.change(_ADD_COUNT, row)

        await self._database.write(write)

    async def counts(self, vocab: str) -> Mapping[str, int]:
        """Return how often each code of a vocabulary was met, those never met left out."""
        return dict(await self._database.read(lambda conn: conn.run(_COUNTS, {"of_vocab": vocab})))


def _is_kept(conn: Connection, table: StoredTable) -> bool:
    """Whether the version was adopted once with this content. Raises SetupError where it was with another."""
    for digest, status in conn.run(_VERSION, {"of_vocab": table.vocab, "of_version": table.version}):
        if status != TableStatus.STAGED.value:
            if digest != table.digest:
                raise SetupError(
                    f"{table.vocab}@{table.version} was adopted before with other content",
                    "raise the version: facts name the one that they were read with",
                )
            return True
    return False


def _check_rise(conn: Connection, table: StoredTable) -> None:
    _is_kept(conn, table)
    for version, _ in conn.run(_ACTIVE_OF, {"of_vocab": table.vocab}):
        if table.version <= version:
            raise SetupError(
                f"{table.vocab}@{table.version} does not rise: version {version} is in use",
                f"give it version {version + 1} or more",
            )


def _recheck(order: str, name: str) -> Work:
    payload = orjson.dumps({"order": order, "what": RECHECK})
    return Work(lane=LIFECYCLE_LANE, key=order, id=f"{name}/{order}", payload=payload)


def _wait(vocab: str, code: str, order: str, *, waiting: int) -> dict[str, object]:
    return {"vocab": vocab, "code": code, "order_id": order, "waiting": waiting}


def _row(table: StoredTable, status: TableStatus) -> dict[str, object]:
    return {**table.model_dump(), "status": status.value, "at": micros(table.at)}


def _stored(row: tuple[Any, ...]) -> StoredTable:
    said = dict(zip(_COLUMNS, row, strict=True))
    return StoredTable.model_validate({**said, "at": from_micros(said["at"])})

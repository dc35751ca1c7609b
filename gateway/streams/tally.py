"""How much the lanes get done: counted in each process, added up in the database every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, func, select

from gateway.streams.office_tables import lane_minute
from gateway.streams.sql import Connection, Statement, clock, insert_into, micros

__all__ = ["KEPT_MINUTES", "Done", "add", "done_since"]

KEPT_MINUTES = 24 * 60
"""How long the minutes are kept."""

_MINUTE = 60_000_000
_NAMES = ("done", "failed", "parked")
_M = lane_minute.c


def _add(dialect: str) -> Any:
    row = {name: bindparam(name, type_=BigInteger) for name in _NAMES}
    minute = clock(dialect) // _MINUTE
    new = insert_into(dialect, lane_minute).values(lane=bindparam("lane"), minute=minute, **row).inline()
    more = {name: _M[name] + new.excluded[name] for name in _NAMES}
    return new.on_conflict_do_update(index_elements=[_M.lane, _M.minute], set_=more)


_ADD = Statement(_add)
_FORGET = Statement(lambda dialect: delete(lane_minute).where(_M.minute < clock(dialect) // _MINUTE - KEPT_MINUTES))
_SUMS = Statement(
    lambda dialect: (
        select(_M.lane, *(func.sum(_M[name]) for name in _NAMES))
        .where(_M.minute >= clock(dialect) // _MINUTE - bindparam("minutes", type_=BigInteger))
        .group_by(_M.lane)
    )
)


@dataclass(slots=True)
class Done:
    """What was done in a lane: works ended, attempts that failed, streams parked."""

    done: int = 0
    failed: int = 0
    parked: int = 0


def add(conn: Connection, counts: Mapping[str, Done], now: datetime | None) -> None:
    """Add what a process counted, by lane."""
    at = {"now": None if now is None else micros(now)}
    for lane, one in sorted(counts.items()):
        conn.change(_ADD, {"lane": lane, "done": one.done, "failed": one.failed, "parked": one.parked, **at})
    conn.change(_FORGET, at)


def done_since(conn: Connection, minutes: int, now: datetime | None) -> dict[str, Done]:
    """Return what was done in the last so many minutes, the present one included, by lane."""
    binds = {"minutes": minutes - 1, "now": None if now is None else micros(now)}
    return {lane: Done(int(done), int(failed), int(parked)) for lane, done, failed, parked in conn.run(_SUMS, binds)}

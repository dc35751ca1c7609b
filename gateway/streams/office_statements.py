"""The SQL of what operators see and do."""

from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, case, delete, func, or_, select

from gateway.streams.office_tables import stream_action
from gateway.streams.sql import Statement, clock, insert_into
from gateway.streams.tables import stream, work

__all__ = [
    "ACTIONS",
    "ADD_ACTION",
    "DROP_PARKED",
    "DROP_WORKS",
    "FORGET_ACTIONS",
    "NOW",
    "PARKED_KEYS",
    "PARKED_LANES",
    "STREAMS",
    "STREAM_COUNT",
    "WORKS",
]

_s, _w, _a = stream.c, work.c, stream_action.c
_this = bindparam("stream", type_=Text)
_KEY = func.substr(_s.id, func.length(_s.lane) + 2)


def _state(dialect: str) -> Any:
    now = clock(dialect)
    return case(
        (_s.parked.is_not(None), "parked"),
        (and_(_s.token.is_not(None), _s.due > now), "running"),
        (_s.due <= now, "due"),
        else_="later",
    )


def _wanted(dialect: str) -> Any:
    lane, state, key = (bindparam(name, type_=Text) for name in ("lane", "state", "key"))
    return and_(
        or_(lane.is_(None), _s.lane == lane),
        or_(key.is_(None), key == _KEY),
        or_(state.is_(None), _state(dialect) == state),
    )


STREAMS = Statement(
    lambda dialect: (
        select(
            _s.id,
            _state(dialect),
            _s.tail - _s.done,
            _s.attempts,
            _s.due,
            _s.first_try,
            _s.parked,
            _s.error,
            _s.doubts,
        )
        .where(_wanted(dialect))
        .order_by(case((_s.parked.is_(None), 1), else_=0), func.coalesce(_s.parked, _s.due), _s.id)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )
)
STREAM_COUNT = Statement(lambda dialect: select(func.count()).select_from(stream).where(_wanted(dialect)))
WORKS = Statement(
    lambda _: select(_w.seq, _w.id, _w.payload).where(_w.stream == _this).order_by(_w.seq).limit(bindparam("limit"))
)
DROP_PARKED = Statement(lambda _: delete(stream).where(_s.id == _this, _s.parked.is_not(None)))
DROP_WORKS = Statement(lambda _: delete(work).where(_w.stream == _this))
PARKED_LANES = Statement(lambda _: select(_s.lane).where(_s.parked.is_not(None)).distinct().order_by(_s.lane))
PARKED_KEYS = Statement(
    lambda _: (
        select(_KEY)
        .where(
            _s.lane == bindparam("of_lane"),
            _s.parked.is_not(None),
            or_(bindparam("before", type_=BigInteger).is_(None), _s.parked < bindparam("before", type_=BigInteger)),
        )
        .order_by(_s.id)
    )
)
NOW = Statement(lambda dialect: select(clock(dialect)))
ADD_ACTION = Statement(
    lambda dialect: insert_into(dialect, stream_action).values(
        at=clock(dialect),
        **{name: bindparam(name) for name in ("id", "action", "lane", "key", "who", "reason", "works")},
    )
)
ACTIONS = Statement(
    lambda _: (
        select(_a.at, _a.action, _a.lane, _a.key, _a.who, _a.reason, _a.works)
        .where(_a.lane == bindparam("of_lane"), or_(_a.key == bindparam("of_key"), _a.key == ""))
        .order_by(_a.at.desc(), _a.id.desc())
        .limit(50)
    )
)
FORGET_ACTIONS = Statement(lambda _: delete(stream_action).where(_a.at < bindparam("before", type_=BigInteger)))

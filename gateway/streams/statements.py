"""The SQL of the streams, for SQLite and PostgreSQL alike.

On PostgreSQL a claim adds FOR UPDATE SKIP LOCKED and time is the database's; the statements differ in nothing else.
An acknowledgement decides from its own row's columns only: a look into `work` could miss, under READ COMMITTED, what
another transaction is just adding.
"""

from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, case, delete, func, null, select, union_all, update

from gateway.streams.sql import Statement, clock, insert_into, locked
from gateway.streams.tables import stream, work

__all__ = [
    "ADD_WORK",
    "ADVANCE_STREAM",
    "AGAIN",
    "ATTEMPTS",
    "BEGIN",
    "DEFER",
    "DISCARD_STREAMS",
    "DISCARD_WORK",
    "EXTEND",
    "FIND_WORK",
    "FINISH_STREAM",
    "HASTEN",
    "HEAD",
    "HELD",
    "IN_HAND",
    "LET_PASS",
    "PARK",
    "PARKED",
    "PARKED_HEAD",
    "RELEASE",
    "REMOVE_WORK",
    "RENEW",
    "REPLAY",
    "RETRY",
    "SHORTEN",
    "SKIP_LAST",
    "SKIP_ONE",
    "STATISTICS",
    "WAKE",
    "claim_statement",
    "next_due_statement",
]


def _bind(name: str, type_: Any = None) -> Any:
    return bindparam(name, type_=type_)


_s, _w = stream.c, work.c
_this_stream = and_(_s.id == _bind("stream"), _s.shard == _bind("shard"))
_held = and_(_this_stream, _s.token == _bind("held"))
_stopped = and_(_this_stream, _s.parked.is_not(None))
_delay = _bind("delay", BigInteger)
_seq = _bind("seq", BigInteger)
_fresh = {
    "attempts": 0, "rounds": 0, "first_try": null(), "token": null(), "parked": null(), "error": null(), "doubts": 0
}  # fmt: skip
_unbegun = {"attempts": _s.attempts - 1, "first_try": case((_s.attempts > 1, _s.first_try), else_=null())}
_surer = _s.doubts - _bind("sure", BigInteger)


def _begin(dialect: str) -> Any:
    new = insert_into(dialect, stream).values(
        id=_bind("stream"),
        shard=_bind("shard"),
        lane=_bind("lane"),
        tail=1,
        done=0,
        due=clock(dialect) + _delay,
        attempts=0,
        rounds=0,
    )
    return new.on_conflict_do_nothing()


BEGIN = Statement(_begin)
EXTEND = Statement(lambda _: update(stream).where(_this_stream).values(tail=_s.tail + 1).returning(_s.tail))
SHORTEN = Statement(lambda _: update(stream).where(_this_stream).values(tail=_s.tail - 1))
FIND_WORK = Statement(
    lambda _: select(_w.seq).where(_w.stream == _bind("stream"), _w.shard == _bind("shard"), _w.id == _bind("id"))
)
ADD_WORK = Statement(
    lambda dialect: insert_into(dialect, work).values(
        stream=_bind("stream"), seq=_seq, shard=_bind("shard"), id=_bind("id"), payload=_bind("payload")
    )
)
HEAD = Statement(
    lambda _: (
        select(_w.seq, _w.id, _w.payload)
        .where(_w.stream == _bind("stream"), _w.shard == _bind("shard"), _w.seq > _bind("done"))
        .order_by(_w.seq)
        .limit(1)
    )
)

# What the holder of a lease says.
FINISH_STREAM = Statement(lambda _: delete(stream).where(_held, _s.tail == _seq))
ADVANCE_STREAM = Statement(lambda dialect: update(stream).where(_held).values(done=_seq, due=clock(dialect), **_fresh))
REMOVE_WORK = Statement(
    lambda _: delete(work).where(_w.stream == _bind("stream"), _w.shard == _bind("shard"), _w.seq == _seq)
)
RETRY = Statement(
    lambda dialect: (
        update(stream)
        .where(_held)
        .values(due=clock(dialect) + _delay, token=null(), error=_bind("error"), doubts=_surer)
    )
)
DEFER = Statement(
    lambda dialect: (
        update(stream)
        .where(_held)
        .values(due=clock(dialect) + _delay, token=null(), error=_bind("error"), doubts=_surer, **_unbegun)
    )
)
AGAIN = Statement(
    lambda dialect: (
        update(stream).where(_held).values({**_fresh, "rounds": _s.rounds + 1, "due": clock(dialect) + _delay})
    )
)
PARK = Statement(
    lambda dialect: (
        update(stream).where(_held).values(due=null(), token=null(), parked=clock(dialect), error=_bind("error"))
    )
)
RELEASE = Statement(
    lambda dialect: (
        update(stream).where(_held).values(due=clock(dialect), token=null(), doubts=_s.doubts - 1, **_unbegun)
    )
)
RENEW = Statement(lambda dialect: update(stream).where(_held).values(due=clock(dialect) + _delay))
HELD = Statement(lambda dialect: locked(select(_s.id).where(_held), dialect))

# What others say of a head that asked to be called again.
HASTEN = Statement(
    lambda dialect: (
        update(stream)
        .where(_this_stream, _s.rounds > 0, _s.token.is_(None), _s.error.is_(None), _s.due > clock(dialect))
        .values(due=clock(dialect))
    )
)
IN_HAND = Statement(
    lambda dialect: locked(select(_s.id).where(_this_stream, _s.token.is_not(None), _s.due > clock(dialect)), dialect)
)

# What an operator says.
_doubtful = {name: value for name, value in _fresh.items() if name != "doubts"}  # a replay resolves no doubt
REPLAY = Statement(lambda dialect: update(stream).where(_stopped).values(due=clock(dialect), **_doubtful))
LET_PASS = Statement(
    lambda _: (
        update(stream)
        .where(_s.lane == _bind("of_lane"), _s.first_try.is_not(None))
        .values(first_try=_s.first_try + _bind("outage", BigInteger))
    )
)
PARKED_HEAD = Statement(
    lambda _: (
        select(_w.seq, _w.id, _w.payload, _s.attempts, func.coalesce(_s.first_try, _s.parked))
        .select_from(stream.join(work, and_(_w.stream == _s.id, _w.shard == _s.shard, _w.seq == _s.done + 1)))
        .where(_stopped)
    )
)
SKIP_LAST = Statement(lambda _: delete(stream).where(_stopped, _s.tail == _seq))
SKIP_ONE = Statement(lambda dialect: update(stream).where(_stopped).values(done=_seq, due=clock(dialect), **_fresh))
DISCARD_WORK = Statement(lambda _: delete(work).where(_w.stream >= _bind("first"), _w.stream < _bind("beyond")))
DISCARD_STREAMS = Statement(lambda _: delete(stream).where(_s.id >= _bind("first"), _s.id < _bind("beyond")))

# What can be seen.
PARKED = Statement(
    lambda _: (
        select(_s.id, _w.seq, _w.id, _w.payload, _s.error, _s.attempts, _s.parked, _s.tail, _s.done)
        .select_from(stream.join(work, and_(_w.stream == _s.id, _w.shard == _s.shard, _w.seq == _s.done + 1)))
        .where(_s.parked.is_not(None))
        .order_by(_s.parked, _s.id)
        .offset(_bind("offset"))
        .limit(_bind("limit"))
    )
)
STATISTICS = Statement(
    lambda dialect: (
        select(
            _s.lane,
            func.sum(_s.tail - _s.done),
            func.count(),
            func.sum(case((and_(_s.token.is_not(None), _s.due > clock(dialect)), 1), else_=0)),
            func.sum(case((_s.parked.is_not(None), 1), else_=0)),
            func.sum(case((and_(_s.error.is_not(None), _s.parked.is_(None)), 1), else_=0)),
            func.sum(case((and_(_s.token.is_(None), _s.due <= clock(dialect)), 1), else_=0)),
            clock(dialect) - func.min(_s.due),
        )
        .group_by(_s.lane)
        .order_by(_s.lane)
    )
)
ATTEMPTS = Statement(
    lambda _: select(_s.lane, _s.attempts, func.count()).group_by(_s.lane, _s.attempts).order_by(_s.lane, _s.attempts)
)
WAKE = Statement(
    lambda dialect: (
        update(stream)
        .where(_s.lane == _bind("of_lane"), _s.due > clock(dialect), _s.token.is_(None), _s.error.is_not(None))
        .values(due=clock(dialect))
    )
)


def claim_statement(lanes: tuple[str, ...]) -> Statement:
    """Return the claim for these lanes at once: binds `token`, and `limit0`, `lease0`, … one of each a lane."""

    def build(dialect: str) -> Any:
        now = clock(dialect)
        parts = []
        for index, lane in enumerate(lanes):
            part = select(_s.id).where(_s.lane == lane, _s.due <= now).order_by(_s.due).limit(_bind(f"limit{index}"))
            if dialect == "postgresql":
                part = part.with_for_update(skip_locked=True)
            parts.append(select(part.subquery().c.id))
        lease = case(*((_s.lane == lane, _bind(f"lease{index}", BigInteger)) for index, lane in enumerate(lanes)))
        chosen: Any = union_all(*parts) if len(parts) > 1 else parts[0]
        if dialect == "postgresql":  # in a WITH it is run once: joined, each run of it would lock others
            chosen = select(chosen.cte("chosen").c.id)
        return (
            update(stream)
            .where(_s.id.in_(chosen))
            .values(
                token=_bind("token", Text),
                due=now + lease,
                attempts=_s.attempts + 1,
                first_try=func.coalesce(_s.first_try, now),
                doubts=_s.doubts + 1,
            )
            .returning(_s.id, _s.shard, _s.done, _s.attempts, _s.rounds, _s.first_try, _s.doubts, now - _s.first_try)
        )

    return Statement(build)


def next_due_statement(lanes: tuple[str, ...]) -> Statement:
    """Return the question when the first of these lanes' streams is due, and in how many microseconds that is.

    Of every lane where none is named.
    """
    if not lanes:
        return Statement(lambda d: select(func.min(_s.due), func.min(_s.due) - clock(d)).where(_s.due.is_not(None)))
    # One look into the index a lane; a single MIN over several would read all of them.
    parts = [select(func.min(_s.due).label("due")).where(_s.lane == lane, _s.due.is_not(None)) for lane in lanes]
    every = (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()
    return Statement(lambda dialect: select(func.min(every.c.due), func.min(every.c.due) - clock(dialect)))

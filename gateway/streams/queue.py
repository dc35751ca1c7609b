"""The streams' operations, each inside a transaction of the caller's.

`now` may be left None everywhere: then the clock of the database decides, which is the only one that all share.
What a lease holder says (ack, retry, again, park, release, renew) is fenced by its token: after another process has
taken the stream over it changes nothing and returns False.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from gateway.canonical.ids import shard_of
from gateway.ports.repository import Work
from gateway.streams import statements as sql
from gateway.streams.message import Job, LaneStatistics, ParkedStream, stream_id
from gateway.streams.sql import Connection, Statement, from_micros, micros

__all__ = [
    "Ask",
    "ack",
    "again",
    "claim",
    "defer",
    "discard",
    "enqueue",
    "enqueue_all",
    "hasten",
    "is_held",
    "let_pass",
    "next_due",
    "park",
    "parked",
    "release",
    "renew",
    "replay",
    "retry",
    "seconds_until_due",
    "skip",
    "statistics",
]

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Ask:
    """How many jobs of a lane a process can take, and for how long it leases them."""

    lane: str
    limit: int
    lease_seconds: float


def enqueue(conn: Connection, work: Work, now: datetime | None) -> bool:
    """Add work at the end of its stream; False where work of that id stands in the stream already.

    `delay_seconds` counts only for a stream that was idle: nothing overtakes what stands before it.
    """
    stream, shard = _stream(work.lane, work.key)
    binds = {
        "stream": stream,
        "shard": shard,
        "lane": work.lane,
        "now": _at(now),
        "delay": round(work.delay_seconds * _SECOND),
        "id": work.id,
        "payload": work.payload,
    }
    tail = 0
    while not tail:
        if conn.change(sql.BEGIN, binds):  # most streams are idle when work comes, and have no row
            tail = 1
            continue
        for (extended,) in conn.run(sql.EXTEND, binds):  # none where it was acknowledged to its end in between
            if conn.run(sql.FIND_WORK, binds):
                conn.change(sql.SHORTEN, binds)
                return False
            tail = extended
    binds["seq"] = tail
    conn.change(sql.ADD_WORK, binds)
    if work.revives and tail > 1:
        conn.change(sql.REPLAY, binds)
    return True


def enqueue_all(conn: Connection, works: Iterable[Work], now: datetime | None) -> None:
    """Add several works, streams in one order for everybody so that two transactions never wait for each other."""
    for work in sorted(works, key=lambda work: (work.lane, work.key)):
        enqueue(conn, work, now)


def claim(conn: Connection, asks: Sequence[Ask], token: str, now: datetime | None) -> list[Job]:
    """Lease the heads of streams that are due, longest due first, up to the limit of each lane."""
    binds: dict[str, object] = {"now": _at(now), "token": token}
    for index, ask in enumerate(asks):
        binds |= {f"limit{index}": ask.limit, f"lease{index}": round(ask.lease_seconds * _SECOND)}
    rows = conn.run(_claim_statement(tuple(ask.lane for ask in asks)), binds)
    jobs = []
    for stream, shard, done, attempts, rounds, first_try, doubts, tried in rows:
        head = {"stream": stream, "shard": shard, "done": done}
        for seq, work_id, payload in conn.run(sql.HEAD, head):
            lane, _, key = stream.partition("|")
            known = from_micros(first_try), rounds, token, doubts > 1, tried / _SECOND
            jobs.append(Job(lane, key, seq, work_id, payload, attempts, *known))
    return jobs


def ack(conn: Connection, job: Job, now: datetime | None) -> bool:
    """The job is done: remove it and let the next of its stream be claimed."""
    binds = _fence(job, now)
    if not (conn.change(sql.FINISH_STREAM, binds) or conn.change(sql.ADVANCE_STREAM, binds)):
        return False
    conn.change(sql.REMOVE_WORK, binds)
    return True


def retry(  # noqa: PLR0913 - what a handler said, in its parts
    conn: Connection, job: Job, delay_seconds: float, error: str, now: datetime | None, *, is_sure: bool = False
) -> bool:
    """The attempt failed: the same job is due again later, and nothing of its stream before it.

    `is_sure` says that the attempt sent nothing that could have done something.
    """
    delay = round(delay_seconds * _SECOND)
    return _settle(conn, sql.RETRY, job, now, delay=delay, error=error, sure=int(is_sure))


def defer(  # noqa: PLR0913 - the same
    conn: Connection, job: Job, delay_seconds: float, error: str, now: datetime | None, *, is_sure: bool = False
) -> bool:
    """The attempt failed for no fault of the job's: it is due again later, and counts as not tried."""
    delay = round(delay_seconds * _SECOND)
    return _settle(conn, sql.DEFER, job, now, delay=delay, error=error, sure=int(is_sure))


def again(conn: Connection, job: Job, delay_seconds: float, now: datetime | None) -> bool:
    """All is well, but the job is not at its end: it is due again later, its attempts counted anew."""
    return _settle(conn, sql.AGAIN, job, now, delay=round(delay_seconds * _SECOND))


def park(conn: Connection, job: Job, reason: str, now: datetime | None) -> bool:
    """Stop the job's stream until an operator replays or skips it."""
    return _settle(conn, sql.PARK, job, now, error=reason)


def release(conn: Connection, job: Job, now: datetime | None) -> bool:
    """Give back a job that was not begun, as if it had not been claimed."""
    return _settle(conn, sql.RELEASE, job, now)


def renew(conn: Connection, job: Job, lease_seconds: float, now: datetime | None) -> bool:
    """Hold the job's lease for so long from now."""
    return _settle(conn, sql.RENEW, job, now, delay=round(lease_seconds * _SECOND))


def is_held(conn: Connection, job: Job) -> bool:
    """Whether the job's lease is still its own. To the end of the transaction nobody else can take it."""
    return bool(conn.run(sql.HELD, _fence(job, None)))


def hasten(conn: Connection, lane: str, key: str, now: datetime | None) -> bool:
    """Have a head that asked to be called again called now. False where it is in hand: it may have looked too early.

    One that is due, failed, is parked or was never tried is left as it is: it will look later than now anyway.
    """
    stream, shard = _stream(lane, key)
    binds = {"stream": stream, "shard": shard, "now": _at(now)}
    if conn.change(sql.HASTEN, binds):
        return True
    if conn.run(sql.IN_HAND, binds):
        return False
    conn.change(sql.HASTEN, binds)  # whoever had it in hand may have given it back in between
    return True


def let_pass(conn: Connection, lane: str, seconds: float, now: datetime | None) -> None:
    """A lane can work again after so long: that time counts against no job's patience, and what failed is due now."""
    conn.change(sql.LET_PASS, {"of_lane": lane, "outage": round(seconds * _SECOND)})
    conn.change(sql.WAKE, {"of_lane": lane, "now": _at(now)})


def replay(conn: Connection, lane: str, key: str, now: datetime | None) -> bool:
    """Try a parked stream's head again, at once and with fresh patience; False where it is not parked."""
    stream, shard = _stream(lane, key)
    return conn.change(sql.REPLAY, {"stream": stream, "shard": shard, "now": _at(now)}) > 0


def skip(conn: Connection, lane: str, key: str, now: datetime | None) -> Job | None:
    """Drop a parked stream's head and go on with the next; return what was dropped, None where it is not parked."""
    stream, shard = _stream(lane, key)
    binds = {"stream": stream, "shard": shard, "now": _at(now)}
    for seq, work_id, payload, attempts, since in conn.run(sql.PARKED_HEAD, binds):
        if conn.change(sql.SKIP_LAST, binds | {"seq": seq}) or conn.change(sql.SKIP_ONE, binds | {"seq": seq}):
            conn.change(sql.REMOVE_WORK, binds | {"seq": seq})
            return Job(lane, key, seq, work_id, payload, attempts, from_micros(since))
    return None


def discard(conn: Connection, lane: str, key_prefix: str) -> None:
    """Remove every stream of a lane whose key begins so, with all its work."""
    first = f"{lane}|{key_prefix}"
    binds = {"first": first, "beyond": first[:-1] + chr(ord(first[-1]) + 1)}
    conn.change(sql.DISCARD_STREAMS, binds)  # first: whoever is just adding to one of them is waited for
    conn.change(sql.DISCARD_WORK, binds)


def parked(conn: Connection, *, offset: int = 0, limit: int = 100) -> tuple[ParkedStream, ...]:
    """Return parked streams, longest parked first."""
    return tuple(
        ParkedStream(*_split(stream), seq, work_id, payload, error or "", attempts, from_micros(since), tail - done)
        for stream, seq, work_id, payload, error, attempts, since, tail, done in conn.run(
            sql.PARKED, {"offset": offset, "limit": limit}
        )
    )


def statistics(conn: Connection, now: datetime | None) -> tuple[LaneStatistics, ...]:
    """Return the figures of each lane that has work, by name."""
    binds = {"now": _at(now)}
    tried: dict[str, dict[int, int]] = {}
    for lane, attempts, streams in conn.run(sql.ATTEMPTS, binds):
        tried.setdefault(lane, {})[attempts] = streams
    return tuple(
        # PostgreSQL sums whole numbers to decimals.
        LaneStatistics(
            lane, int(works), streams, int(running), int(stopped), int(retrying), max(0, late or 0) / _SECOND,
            int(due), tried.get(lane, {}),
        )
        for lane, works, streams, running, stopped, retrying, due, late in conn.run(sql.STATISTICS, binds)
    )  # fmt: skip


def next_due(conn: Connection, lanes: Sequence[str]) -> datetime | None:
    """Return when the first stream of these lanes can be claimed, or None; a leased one counts when its lease ends."""
    ((due, _),) = conn.run(_next_due_statement(tuple(lanes)), {"now": None})
    return None if due is None else from_micros(due)


def seconds_until_due(conn: Connection, lanes: Sequence[str], now: datetime | None) -> float | None:
    """Return in how many seconds the first stream of these lanes can be claimed (0.0: now), or None."""
    ((_, wait),) = conn.run(_next_due_statement(tuple(lanes)), {"now": _at(now)})
    return None if wait is None else max(0, wait) / _SECOND


@lru_cache(maxsize=256)
def _claim_statement(lanes: tuple[str, ...]) -> Statement:
    return sql.claim_statement(lanes)


@lru_cache(maxsize=256)
def _next_due_statement(lanes: tuple[str, ...]) -> Statement:
    return sql.next_due_statement(lanes)


def _at(now: datetime | None) -> int | None:
    """Return what to bind as `now`: None lets the database's clock decide."""
    return None if now is None else micros(now)


def _stream(lane: str, key: str) -> tuple[str, int]:
    # A key that names somebody besides the order ("listener/order") lives in the order's shard.
    return stream_id(lane, key), shard_of(key.rpartition("/")[2])


def _split(stream: str) -> tuple[str, str]:
    lane, _, key = stream.partition("|")
    return lane, key


def _fence(job: Job, now: datetime | None) -> dict[str, object]:
    stream, shard = _stream(job.lane, job.key)
    return {"stream": stream, "shard": shard, "held": job.token, "seq": job.seq, "now": _at(now)}


def _settle(conn: Connection, statement: Statement, job: Job, now: datetime | None, **more: object) -> bool:
    return conn.change(statement, _fence(job, now) | more) > 0

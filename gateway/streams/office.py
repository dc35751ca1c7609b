"""What an operator sees of the streams and of the systems that they wait for, and what an operator can do to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from gateway.canonical.ids import new_id
from gateway.ports.clock import Clock
from gateway.streams import circuits, queue, tally
from gateway.streams import office_statements as sql
from gateway.streams.breaker import CircuitState
from gateway.streams.circuits import Known, StateChange
from gateway.streams.message import LaneStatistics, stream_id
from gateway.streams.sql import Connection, Transactions, from_micros, micros
from gateway.streams.tally import Done

__all__ = ["Action", "Purged", "StreamOffice", "StreamRow", "SystemRow", "Waiting", "WorkRow"]

_MOST_WORKS = 1000
_EVERY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One piece of work of a stream. `seq` tells its place."""

    seq: int
    id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Action:
    """Something that an operator did to a stream. `works`: so many were dropped, or went on."""

    at: datetime
    action: str
    lane: str
    key: str
    who: str
    reason: str
    works: int


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream at one moment. `waits_for` says why nothing happens though it is due."""

    lane: str
    key: str
    state: str  # parked, running, due or later
    waiting: int
    attempts: int
    due: datetime | None
    first_try: datetime | None
    parked_since: datetime | None
    error: str | None
    in_doubt: bool
    waits_for: str | None = None
    works: tuple[WorkRow, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One legacy system at one moment, with how much waits for it."""

    name: str
    state: str
    lanes: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    failures: int
    reason: str
    streams: int
    changes: tuple[StateChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work of an order in a lane whose system is not asked at present."""

    lane: str
    system: str
    since: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was thrown away."""

    streams: int = 0
    works: int = 0
    changes: int = 0


class StreamOffice:
    """Reads and changes streams from outside the lanes. Every method may raise StoreUnavailable.

    `clock`, for tests, stands in for the database's.
    """

    def __init__(self, transactions: Transactions, clock: Clock | None = None) -> None:
        self._transactions, self._clock = transactions, clock

    @property
    def _now(self) -> datetime | None:
        return None if self._clock is None else self._clock.now()

    async def streams(
        self, *, lane: str | None = None, state: str | None = None, key: str | None = None, offset: int = 0,
        limit: int = 100,
    ) -> tuple[Sequence[StreamRow], int]:  # fmt: skip
        """Return a page of the streams that have work, parked ones first, and how many there are."""
        binds = {"lane": lane, "state": state, "key": key, "offset": offset, "limit": limit, **self._at()}

        def read(conn: Connection) -> tuple[Sequence[StreamRow], int]:
            waits = _waits(circuits.known(conn, self._now))
            ((total,),) = conn.run(sql.STREAM_COUNT, binds)
            return tuple(_stream(row, waits) for row in conn.run(sql.STREAMS, binds)), total

        return await self._transactions.read(read)

    async def stream(self, lane: str, key: str) -> StreamRow | None:
        """Return one stream with its works, the next first, and what operators did to it; None where it has no work."""
        binds = {"lane": lane, "state": None, "key": key, "offset": 0, "limit": 1, **self._at()}

        def read(conn: Connection) -> StreamRow | None:
            waits = _waits(circuits.known(conn, self._now))
            for row in conn.run(sql.STREAMS, binds):
                works = conn.run(sql.WORKS, {"stream": stream_id(lane, key), "limit": _MOST_WORKS})
                acts = conn.run(sql.ACTIONS, {"of_lane": lane, "of_key": key})
                return _stream(row, waits, tuple(WorkRow(*one) for one in works), tuple(_action(one) for one in acts))
            return None

        return await self._transactions.read(read)

    async def lanes(self, minutes: int = 60) -> Sequence[tuple[LaneStatistics, Done]]:
        """Return each lane's figures now, and what it got done in the last so many minutes."""

        def read(conn: Connection) -> Sequence[tuple[LaneStatistics, Done]]:
            present = {one.lane: one for one in queue.statistics(conn, self._now)}
            done = tally.done_since(conn, minutes, self._now)
            return tuple(
                (present.get(name, LaneStatistics(name)), done.get(name, Done()))
                for name in sorted(present.keys() | done.keys())
            )

        return await self._transactions.read(read)

    async def replay(self, lane: str, key: str, who: str, reason: str) -> bool:
        """Try a parked stream's head again, at once and with fresh patience; False where it is not parked."""

        def write(conn: Connection) -> bool:
            if not queue.replay(conn, lane, key, self._now):
                return False
            self._note(conn, "replay", lane, key, who, reason, 1)
            return True

        return await self._transactions.write(write)

    async def replay_lane(self, lane: str, who: str, reason: str) -> int:
        """Replay every parked stream of a lane; return how many there were."""

        def write(conn: Connection) -> int:
            keys = [key for (key,) in conn.run(sql.PARKED_KEYS, {"of_lane": lane, "before": None})]
            for key in keys:
                queue.replay(conn, lane, key, self._now)
            if keys:
                self._note(conn, "replay", lane, "", who, reason, len(keys))
            return len(keys)

        return await self._transactions.write(write)

    async def skip(self, lane: str, key: str, who: str, reason: str, *, whole: bool = False) -> Sequence[str]:
        """Drop a parked stream's head, or all of it; return the ids of what went: none where it is not parked."""

        def write(conn: Connection) -> Sequence[str]:
            dropped: list[str] = []
            if whole:
                dropped = [work_id for _, work_id, _ in self._emptied(conn, lane, key)]
            elif job := queue.skip(conn, lane, key, self._now):
                dropped = [job.id]
            if dropped:
                self._note(conn, "skip", lane, key, who, reason, len(dropped))
            return dropped

        return await self._transactions.write(write)

    async def purge(self, older_than_days: float, who: str, reason: str, *, lane: str | None = None) -> Purged:
        """Throw away streams that have been parked for so long, all their works with them, and as old a history."""

        def write(conn: Connection) -> Purged:
            ((now,),) = conn.run(sql.NOW, self._at())
            before = from_micros(now) - timedelta(days=older_than_days)
            streams = works = 0
            for of_lane in (lane,) if lane else [one for (one,) in conn.run(sql.PARKED_LANES, {})]:
                found = conn.run(sql.PARKED_KEYS, {"of_lane": of_lane, "before": micros(before)})
                for (key,) in found:
                    dropped = len(self._emptied(conn, of_lane, key))
                    self._note(conn, "purge", of_lane, key, who, reason, dropped)
                    streams, works = streams + 1, works + dropped
            gone = sum(circuits.forget_changes(conn, name, before) for name in circuits.known(conn, self._now))
            gone += conn.change(sql.FORGET_ACTIONS, {"before": micros(before)})
            return Purged(streams, works, gone)

        return await self._transactions.write(write)

    async def systems(self) -> Sequence[SystemRow]:
        """Return every legacy system that a process has worked with, by name."""

        def read(conn: Connection) -> Sequence[SystemRow]:
            depth = {one.lane: one.streams for one in queue.statistics(conn, self._now)}
            return tuple(_system(one, depth) for one in circuits.known(conn, self._now).values())

        return await self._transactions.read(read)

    async def system(self, name: str) -> SystemRow | None:
        """Return one system with the changes of its state, the newest first; None where there is none of that name."""

        def read(conn: Connection) -> SystemRow | None:
            found = circuits.known(conn, self._now).get(name)
            if found is None:
                return None
            depth = {one.lane: one.streams for one in queue.statistics(conn, self._now)}
            return _system(found, depth, circuits.changes(conn, name))

        return await self._transactions.read(read)

    async def release(self, name: str, who: str, reason: str) -> bool:
        """Let one message look whether a system is back, now; False where there is none of that name."""
        said = f"released by {who}: {reason}"
        return await self._transactions.write(lambda conn: circuits.release(conn, name, self._now, said) is not None)

    async def stop(self, name: str, who: str, reason: str) -> bool:
        """Let nothing go to a system until it is released; False where there is none of that name."""
        said = f"stopped by {who}: {reason}"
        return await self._transactions.write(lambda conn: circuits.stop(conn, name, self._now, said) is not None)

    async def waits_for(self, order_id: str) -> Sequence[Waiting]:
        """Return what of an order waits for a system that is not asked at present, by lane."""

        def read(conn: Connection) -> Sequence[Waiting]:
            shut = [(lane, one) for one in circuits.known(conn, self._now).values() for lane in one.lanes]
            found = []
            for lane, one in sorted(shut, key=itemgetter(0)):
                if one.circuit.is_closed:
                    continue
                wanted = {"lane": lane, "state": None, "key": order_id, "offset": 0, "limit": 1, **self._at()}
                if conn.run(sql.STREAMS, wanted):
                    since = from_micros(one.circuit.since or one.now)
                    found.append(Waiting(lane, one.circuit.system, since, _why(one)))
            return found

        return await self._transactions.read(read)

    def _at(self) -> dict[str, int | None]:
        return {"now": None if self._now is None else micros(self._now)}

    def _emptied(self, conn: Connection, lane: str, key: str) -> Sequence[tuple[int, str, bytes]]:
        """Remove a parked stream; return what stood in it."""
        stream = {"stream": stream_id(lane, key)}
        if not conn.change(sql.DROP_PARKED, stream):
            return ()
        works = [(seq, work_id, payload) for seq, work_id, payload in conn.run(sql.WORKS, {**stream, "limit": _EVERY})]
        conn.change(sql.DROP_WORKS, stream)
        return works

    def _note(  # noqa: PLR0913, PLR0917 - one row
        self, conn: Connection, action: str, lane: str, key: str, who: str, reason: str, works: int
    ) -> None:
        row = {"id": new_id(), "action": action, "lane": lane, "key": key, "who": who, "reason": reason, "works": works}
        conn.change(sql.ADD_ACTION, row | self._at())


def _waits(known: dict[str, Known]) -> dict[str, str]:
    """Return why each lane waits whose system is not asked."""
    return {lane: _why(one) for one in known.values() if not one.circuit.is_closed for lane in one.lanes}


def _why(one: Known) -> str:
    circuit = one.circuit
    since = "" if circuit.since is None else f" since {from_micros(circuit.since):%Y-%m-%dT%H:%M:%SZ}"
    state = "not asked" if circuit.state is CircuitState.LOCKED else "down"
    return f"waits for system {circuit.system}, {state}{since}: {circuit.reason}"


def _system(one: Known, depth: dict[str, int], changes: tuple[StateChange, ...] = ()) -> SystemRow:
    circuit = one.circuit
    return SystemRow(
        circuit.system,
        circuit.state.value,
        one.lanes,
        _instant(circuit.since),
        _instant(circuit.until),
        circuit.failures,
        circuit.reason,
        sum(depth.get(lane, 0) for lane in one.lanes),
        changes,
    )


def _stream(
    row: Sequence[Any], waits: dict[str, str], works: tuple[WorkRow, ...] = (), actions: tuple[Action, ...] = ()
) -> StreamRow:
    stream, state, waiting, attempts, due, first_try, parked, error, doubts = row
    lane, _, key = stream.partition("|")
    return StreamRow(
        lane=lane,
        key=key,
        state=state,
        waiting=waiting,
        attempts=attempts,
        due=_instant(due),
        first_try=_instant(first_try),
        parked_since=_instant(parked),
        error=error,
        in_doubt=doubts > (1 if state == "running" else 0),  # the claim at work counts as one
        waits_for=waits.get(lane) if state in {"due", "later"} else None,
        works=works,
        actions=actions,
    )


def _action(row: Sequence[Any]) -> Action:
    at, *rest = row
    return Action(from_micros(at), *rest)


def _instant(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)

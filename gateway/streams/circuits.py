"""The circuits of the legacy systems in the database, each operation inside a transaction of the caller's.

All processes share them: what one of them hears of a system, the others need not find out by failing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, delete, select, update

from gateway.streams import queue
from gateway.streams.breaker import Circuit, CircuitState, Heard, Patience, after, is_probe_due
from gateway.streams.circuit_tables import circuit, circuit_change
from gateway.streams.message import Job
from gateway.streams.sql import Connection, Statement, clock, from_micros, insert_into, locked, micros
from gateway.streams.systems import System

__all__ = [
    "KEPT_DAYS",
    "Known",
    "StateChange",
    "changes",
    "forget_changes",
    "known",
    "probe",
    "register",
    "release",
    "spend",
    "stop",
    "tell",
]

KEPT_DAYS = 90
"""How long a change of state is kept."""

_BY_HAND = ""
"""Stands for the settings where an operator stopped a system: no other settings release it then."""

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
# A probe on its way is no news: the system is down before it and after it.
_SHOWN = {state: CircuitState.OPEN if state is CircuitState.HALF_OPEN else state for state in CircuitState}
_C, _H = circuit.c, circuit_change.c
_STATE = ("state", "failures", "openings", "since", "until", "reason")
_of_system = _C.system == bindparam("of_system")
_columns = (_C.system, *(circuit.c[name] for name in _STATE), _C.lanes, _C.settings, _C.full_at, _C.revision)


def _register(dialect: str) -> Any:
    row: dict[str, Any] = {name: bindparam(name) for name in ("system", "lanes", "settings", "state", "reason")}
    new = insert_into(dialect, circuit).values(**row, failures=0, openings=0, full_at=0, revision=0)
    return new.on_conflict_do_update(index_elements=[_C.system], set_={"lanes": new.excluded.lanes})


_REGISTER = Statement(_register)
_KNOWN = Statement(lambda dialect: select(*_columns, clock(dialect)).order_by(_C.system))
_ONE = Statement(lambda dialect: locked(select(*_columns, clock(dialect)).where(_of_system), dialect))
_CHANGE = Statement(
    lambda _: (
        update(circuit)
        .where(_of_system)
        .values({name: bindparam(f"new_{name}") for name in (*_STATE, "settings")} | {"revision": _C.revision + 1})
    )
)
_SPEND = Statement(lambda _: update(circuit).where(_of_system).values(full_at=bindparam("new_full_at", BigInteger)))
_ADD_CHANGE = Statement(
    lambda dialect: insert_into(dialect, circuit_change).values(
        {name: bindparam(name) for name in ("system", "revision", "at", "state", "reason")}
    )
)
_CHANGES = Statement(
    lambda _: (
        select(_H.system, _H.at, _H.state, _H.reason)
        .where(_H.system == bindparam("of_system"), _H.at >= bindparam("from_at", BigInteger))
        .order_by(_H.revision.desc())
        .limit(bindparam("limit"))
    )
)
_FORGET = Statement(
    lambda _: delete(circuit_change).where(
        and_(_H.system == bindparam("of_system"), _H.at < bindparam("before", BigInteger))
    )
)


@dataclass(frozen=True, slots=True)
class Known:
    """One system at one moment `now`, in microseconds."""

    circuit: Circuit
    lanes: tuple[str, ...]
    settings: str
    full_at: int
    revision: int
    now: int


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of a circuit's state."""

    system: str
    at: datetime
    state: str
    reason: str


def register(conn: Connection, system: System, lanes: Sequence[str], now: datetime | None) -> None:
    """Make a system known; release it where it was locked under other settings."""
    row = {"system": system.name, "settings": system.settings, "lanes": ",".join(lanes)}
    conn.change(_REGISTER, row | {"state": CircuitState.CLOSED.value, "reason": ""})
    for found in _one(conn, system.name, now):
        if found.circuit.state is CircuitState.LOCKED and found.settings not in {_BY_HAND, system.settings}:
            heard = after(found.circuit, Heard.RELEASED, found.now, system.patience)
            _store(conn, found, replace(heard, reason="the settings were changed"), system.settings)


def known(conn: Connection, now: datetime | None) -> dict[str, Known]:
    """Return every system, by name."""
    return {found.circuit.system: found for found in map(_read, conn.run(_KNOWN, _now(now)))}


def tell(  # noqa: PLR0913 - what was heard, in its parts
    conn: Connection,
    system: System,
    heard: Heard,
    now: datetime | None,
    *,
    reason: str = "",
    wait_seconds: float = 0.0,
) -> Circuit:
    """Take in what was heard of a system; return what is known of it then."""
    for found in _one(conn, system.name, now):
        told = after(found.circuit, heard, found.now, system.patience, reason=reason, wait_seconds=wait_seconds)
        if told != found.circuit:
            _store(conn, found, told, system.settings)
        return told
    return Circuit(system.name)


def probe(conn: Connection, system: System, now: datetime | None, claim: Callable[[], list[Job]]) -> list[Job]:
    """Claim what goes out to see whether a system answers again, where that is due; at most one at a time anywhere."""
    for found in _one(conn, system.name, now):
        if is_probe_due(found.circuit, found.now) and (jobs := claim()):
            _store(conn, found, after(found.circuit, Heard.PROBED, found.now, system.patience), system.settings)
            return jobs
    return []


def spend(conn: Connection, system: System, tokens: int, now: datetime | None) -> int:
    """Take up to so many tokens out of a system's bucket; return how many there were. Negative ones are put back."""
    if system.rate is None:
        return tokens
    for found in _one(conn, system.name, now):
        given = min(tokens, system.rate.tokens(found.full_at, found.now))
        if given > 0:
            full_at = system.rate.taken(found.full_at, found.now, given)
        else:
            full_at = found.full_at + min(0, tokens) * system.rate.interval
        if full_at != found.full_at:
            conn.change(_SPEND, {"of_system": system.name, "new_full_at": full_at})
        return max(0, given)
    return tokens


def changes(
    conn: Connection, system: str, *, since: datetime | None = None, limit: int = 100
) -> tuple[StateChange, ...]:
    """Return the changes of a circuit's state, the newest first."""
    binds = {"of_system": system, "from_at": 0 if since is None else micros(since), "limit": limit}
    return tuple(StateChange(name, from_micros(at), state, why) for name, at, state, why in conn.run(_CHANGES, binds))


def forget_changes(conn: Connection, system: str, before: datetime) -> int:
    """Remove the changes of a circuit's state that are older; return how many."""
    return conn.change(_FORGET, {"of_system": system, "before": micros(before)})


def release(conn: Connection, system: str, now: datetime | None, reason: str) -> Known | None:
    """Let a system be tried now; None where there is none of that name."""
    return _by_hand(conn, system, Heard.RELEASED, now, reason)


def stop(conn: Connection, system: str, now: datetime | None, reason: str) -> Known | None:
    """Let a system be asked nothing until it is released; None where there is none of that name."""
    return _by_hand(conn, system, Heard.STOPPED, now, reason)


def _by_hand(conn: Connection, system: str, heard: Heard, now: datetime | None, reason: str) -> Known | None:
    for found in _one(conn, system, now):
        told = after(found.circuit, heard, found.now, Patience(), reason=reason)
        if told != found.circuit:
            _store(conn, found, replace(told, reason=reason), _BY_HAND if heard is Heard.STOPPED else found.settings)
        return next(iter(_one(conn, system, now)))
    return None


def _one(conn: Connection, system: str, now: datetime | None) -> list[Known]:
    return [_read(row) for row in conn.run(_ONE, {"of_system": system, **_now(now)})]


def _store(conn: Connection, found: Known, told: Circuit, settings: str) -> None:
    values = {f"new_{name}": getattr(told, name) for name in _STATE}
    row = values | {"new_state": told.state.value, "new_settings": settings, "of_system": told.system}
    conn.change(_CHANGE, row)
    if _SHOWN[told.state] is _SHOWN[found.circuit.state]:
        return
    change = {"system": told.system, "revision": found.revision + 1, "at": found.now}
    conn.change(_ADD_CHANGE, change | {"state": told.state.value, "reason": told.reason})
    conn.change(_FORGET, {"of_system": told.system, "before": found.now - KEPT_DAYS * _DAY})
    if told.is_closed and found.circuit.since is not None:
        # While a system is known to be down nobody's patience runs out, and once it is up nobody waits any longer.
        for lane in found.lanes:
            queue.let_pass(conn, lane, (found.now - found.circuit.since) / _SECOND, from_micros(found.now))


def _now(now: datetime | None) -> Mapping[str, int | None]:
    return {"now": None if now is None else micros(now)}


def _read(row: tuple[Any, ...]) -> Known:
    system, state, failures, openings, since, until, reason, lanes, settings, full_at, revision, now = row
    is_known = Circuit(system, CircuitState(state), failures, openings, since, until, reason)
    return Known(is_known, tuple(filter(None, lanes.split(","))), settings, full_at, revision, now)

"""What one process may claim now: as much as its lanes have room for, and as each legacy system lets in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.streams import circuits, queue
from gateway.streams.breaker import CircuitState
from gateway.streams.circuits import Known
from gateway.streams.message import Job
from gateway.streams.queue import Ask
from gateway.streams.sql import Connection
from gateway.streams.systems import System

__all__ = ["Claimed", "claim", "register", "seconds_until_claimable"]

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Claimed:
    """Jobs under a lease. `probes`: those that go out to see whether their system is up again."""

    jobs: Sequence[Job] = ()
    probes: Sequence[Job] = ()
    known: Mapping[str, Known] | None = None  # the systems, as they were when this was claimed


def register(conn: Connection, systems: Mapping[str, System], now: datetime | None) -> None:
    """Make the systems of these lanes known. `systems` is by lane."""
    lanes: dict[str, list[str]] = {}
    for lane, system in systems.items():
        lanes.setdefault(system.name, []).append(lane)
    for system in sorted({one.name: one for one in systems.values()}.values(), key=lambda one: one.name):
        circuits.register(conn, system, lanes[system.name], now)


def claim(
    conn: Connection, asks: Sequence[Ask], systems: Mapping[str, System], token: str, now: datetime | None
) -> Claimed:
    """Claim what the asks have room for. `systems` says with which system a lane works."""
    if not systems:
        return Claimed(queue.claim(conn, asks, token, now))
    known = circuits.known(conn, now)
    open_asks = [ask for ask in asks if ask.lane not in systems]
    probes: list[Job] = []
    taken: dict[str, int] = {}
    for system, theirs in _by_system(asks, systems):
        found = known.get(system.name)
        if found is None or found.circuit.is_closed:
            taken[system.name] = circuits.spend(conn, system, sum(ask.limit for ask in theirs), now)
            open_asks += _within(theirs, taken[system.name])
        else:
            probes += _probe(conn, system, theirs, token, now)
    jobs = queue.claim(conn, open_asks, token, now) if open_asks else []
    for system, _ in _by_system(asks, systems):
        if system.rate is not None and system.name in taken:
            used = sum(1 for job in jobs if job.lane in systems and systems[job.lane].name == system.name)
            circuits.spend(conn, system, used - taken[system.name], now)
    return Claimed(jobs, probes, known)


def seconds_until_claimable(
    conn: Connection, lanes: Sequence[str], systems: Mapping[str, System], now: datetime | None
) -> float | None:
    """Return in how many seconds one of these lanes may have something to claim (0.0: now), or None."""
    known = circuits.known(conn, now) if systems else {}
    free: list[str] = []
    barred: dict[str, list[str]] = {}
    until: dict[str, float] = {}
    for lane in lanes:
        system = systems.get(lane)
        found = known.get(system.name) if system else None
        wait = None if system is None or found is None else _barred_for(system, found)
        if system is None or wait is None:
            free.append(lane)
        elif wait < float("inf"):
            barred.setdefault(system.name, []).append(lane)
            until[system.name] = wait
    waits = [queue.seconds_until_due(conn, free, now)] if free else []
    for name, theirs in barred.items():
        due = queue.seconds_until_due(conn, theirs, now)
        waits.append(None if due is None else max(due, until[name]))
    return min((wait for wait in waits if wait is not None), default=None)


def _barred_for(system: System, found: Known) -> float | None:
    """Return for how many seconds a system lets nothing in, or None where it does now."""
    if found.circuit.state is CircuitState.LOCKED:
        return float("inf")
    if not found.circuit.is_closed:
        return max(0, (found.circuit.until or 0) - found.now) / _SECOND
    if system.rate is None or system.rate.tokens(found.full_at, found.now):
        return None
    return (system.rate.next_token(found.full_at, found.now) - found.now) / _SECOND


def _by_system(asks: Iterable[Ask], systems: Mapping[str, System]) -> Iterable[tuple[System, list[Ask]]]:
    grouped: dict[str, tuple[System, list[Ask]]] = {}
    for ask in asks:
        if ask.lane in systems:
            grouped.setdefault(systems[ask.lane].name, (systems[ask.lane], []))[1].append(ask)
    return grouped.values()


def _within(asks: Sequence[Ask], tokens: int) -> Iterable[Ask]:
    """Share a system's tokens among its lanes, so that none of them starves."""
    left = tokens
    for index, ask in enumerate(sorted(asks, key=lambda ask: ask.limit)):
        limit = min(ask.limit, -(-left // (len(asks) - index)))
        if limit:
            yield replace(ask, limit=limit)
        left -= limit


def _probe(conn: Connection, system: System, asks: Sequence[Ask], token: str, now: datetime | None) -> list[Job]:
    def one() -> list[Job]:
        for ask in asks:
            jobs = queue.claim(conn, [replace(ask, limit=1)], token, now)
            if jobs:
                return jobs
        return []

    return circuits.probe(conn, system, now, one)

"""Runs the lanes of one process: claims what is due, calls the handlers, renews leases, records how it went."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.ports.clock import Clock
from gateway.ports.errors import GatewayError, LeaseLost, NeedsOperator, OutcomeUnknown, StoreUnavailable, TryLater
from gateway.ports.lease import Lease, steady_seconds, under
from gateway.streams import circuits, claiming, queue, tally
from gateway.streams.breaker import Heard
from gateway.streams.claiming import Claimed
from gateway.streams.fence import working_for
from gateway.streams.lanes import Lane
from gateway.streams.message import Again, Job, Moot, Park, Unbegun
from gateway.streams.renewal import renew_all
from gateway.streams.sql import Connection, Transactions
from gateway.streams.tally import Done

__all__ = ["Dispatcher"]

_log = logging.getLogger(__name__)

_SHORTEST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5

_HEARD: dict[type[Exception], Heard] = {
    TryLater: Heard.FAILED,
    OutcomeUnknown: Heard.FAILED,
    NeedsOperator: Heard.BARRED,
}
"""What an error of a handler says of the system that it asked."""

_Settlement = Callable[[Connection], bool]


@dataclass(eq=False, slots=True)
class _Running:
    """A job whose handler is at work, or whose answer is being recorded (`settling`)."""

    lane: Lane
    job: Job
    lease: Lease
    is_probe: bool = False
    began: float = 0.0  # by the loop's clock, which no change of the time of day moves
    task: "asyncio.Task[None] | None" = None
    settling: bool = False
    lost: bool = False


class Dispatcher:
    """Works off the lanes until it is stopped. Several may run on one database, in one process or in many.

    Polling is what it relies on; `wake` after a commit only makes it quicker. `owner` stands in the leases. Without a
    `clock` the database's decides what is due and whose lease has ended; one of its own is for tests.
    """

    def __init__(
        self,
        transactions: Transactions,
        lanes: Sequence[Lane],
        clock: Clock | None,
        owner: str,
        *,
        stop_seconds: float = 10.0,
    ) -> None:
        self._transactions = transactions
        self._lanes = {lane.name: lane for lane in lanes}
        self._systems = {lane.name: lane.system for lane in lanes if lane.system is not None}
        self._unwell = set(self._systems)  # lanes whose system a success may be news of
        if len(self._lanes) != len(lanes):
            raise ValueError("two lanes have the same name")
        self._clock = clock
        self._owner = owner
        self._stop_seconds = stop_seconds
        self._free = {lane.name: lane.concurrency for lane in lanes}
        self._running: set[_Running] = set()
        self._signal = asyncio.Event()
        self._hinted = True  # something may be due: claim without looking first
        self._stopping = False
        self._registered = not self._systems
        self._counts: dict[str, Done] = {}

    def wake(self) -> None:
        """Look for work now. Called on the loop that runs the dispatcher, after a commit that enqueued something."""
        self._hinted = True
        self._signal.set()

    @property
    def running(self) -> int:
        """How many jobs are in hand at this moment."""
        return len(self._running)

    def drain(self) -> None:
        """Claim nothing more; what is in hand goes on. Called on the loop that runs the dispatcher."""
        self._stopping = True
        self._signal.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then let running jobs end for `stop_seconds`, and give back what is left."""
        helpers = [asyncio.create_task(self._watch(stop)), asyncio.create_task(self._renew())]
        self._stopping, self._hinted = False, True
        try:
            await self._work_off()
            await self._finish(self._stop_seconds)
        finally:
            self._stopping = True
            await self._finish(0.0)
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await self._keep_counts()

    # -- claiming ------------------------------------------------------------------------------------------------

    async def _watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.drain()

    async def _work_off(self) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        while not self._stopping:
            self._signal.clear()
            try:
                wait = 0.0 if self._hinted else await self._seconds_until_due()
                claimed = 0 if wait > 0 else await self._claim()
            except Exception as error:  # noqa: BLE001 - a dispatcher that ended unseen would stop every order
                _complain("streams cannot be claimed", error)
                claimed, wait, pause = 0, _LONGEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS
            if claimed:
                pause = _SHORTEST_PAUSE_SECONDS
                continue
            await self._sleep(min(pause, wait) if wait > 0 else pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _sleep(self, seconds: float) -> None:
        # A timer that sets the signal costs a tenth of wait_for with its task.
        timer = asyncio.get_running_loop().call_later(seconds, self._signal.set)
        try:
            await self._signal.wait()
        finally:
            timer.cancel()

    async def _seconds_until_due(self) -> float:
        lanes = tuple(name for name, free in self._free.items() if free)
        if not lanes:
            return _LONGEST_PAUSE_SECONDS
        wait = await self._transactions.read(
            lambda conn: claiming.seconds_until_claimable(conn, lanes, self._systems, self._now()),
        )
        return _LONGEST_PAUSE_SECONDS if wait is None else wait

    async def _claim(self) -> int:
        self._hinted = False
        asks = [queue.Ask(name, free, self._lanes[name].lease_seconds) for name, free in self._free.items() if free]
        if not asks:
            return 0
        asked_at = steady_seconds()
        claimed = await self._transactions.write(partial(self._claim_within, asks))
        self._registered = True
        if claimed.known is not None:
            self._unwell = {
                lane
                for lane, system in self._systems.items()
                if system.name not in claimed.known or claimed.known[system.name].circuit.failures
            }
        if self._stopping:
            await self._give_back([*claimed.jobs, *claimed.probes])
            return 0
        for job in claimed.jobs:
            self._start(job, asked_at)
        for job in claimed.probes:
            self._start(job, asked_at, is_probe=True)
        return len(claimed.jobs) + len(claimed.probes)

    def _claim_within(self, asks: Sequence[queue.Ask], conn: Connection) -> Claimed:
        now = self._now()
        if not self._registered:
            claiming.register(conn, self._systems, now)
        return claiming.claim(conn, asks, self._systems, f"{self._owner}:{uuid.uuid4().hex}", now)

    async def _give_back(self, jobs: Sequence[Job]) -> None:
        if jobs:
            now = self._now()
            with suppress(StoreUnavailable):  # their leases end by themselves
                await self._transactions.write(lambda conn: [queue.release(conn, job, now) for job in jobs])

    # -- working -------------------------------------------------------------------------------------------------

    def _start(self, job: Job, asked_at: float, *, is_probe: bool = False) -> None:
        lane = self._lanes[job.lane]
        lease = Lease(job.stream, asked_at + lane.lease_seconds)
        running = _Running(lane, job, lease, is_probe, asyncio.get_running_loop().time())
        self._running.add(running)
        self._free[job.lane] -= 1
        running.task = asyncio.create_task(self._work(running), name=job.stream)
        running.task.add_done_callback(lambda _: self._ended(running))

    def _ended(self, running: _Running) -> None:
        self._running.discard(running)
        self._free[running.job.lane] += 1
        self.wake()

    async def _work(self, running: _Running) -> None:
        job = running.job
        try:
            settlement = await self._attempt(running, job)
        except asyncio.CancelledError:
            if running.lost:
                return
            # Stopped in the middle: what it did is unknown, so the attempt counts, and the next may begin at once.
            settlement = self._heard(
                running, Heard.NOTHING, self._settled(queue.retry, job, 0.0, "stopped in the middle")
            )
        running.settling = True
        if not await self._record(settlement):
            _log.warning("the lease of %s was lost before its answer: it is done again", job.stream)

    async def _attempt(self, running: _Running, job: Job) -> _Settlement:
        """Call the handler; return what to record."""
        try:
            with working_for(job), under(running.lease):
                answer = await running.lane.handler(job)
        except Park as stop:
            return self._heard(running, Heard.NOTHING, await self._parked(running.lane, job, stop.reason))
        except Exception as error:  # noqa: BLE001 - whatever it is, the work must not be lost
            return await self._failed(running, job, error)
        if not isinstance(answer, Again):
            self._count(running.lane).done += 1
        if isinstance(answer, Moot):
            return self._heard(running, Heard.NOTHING, self._settled(queue.ack, job))
        if isinstance(answer, Again):
            return self._heard(running, Heard.FINE, self._settled(queue.again, job, answer.seconds))
        return self._heard(running, Heard.FINE, self._settled(queue.ack, job))

    def _heard(self, running: _Running, heard: Heard, settlement: _Settlement) -> _Settlement:
        """Return a settlement that also takes in what was heard of the lane's system, where that may be news."""
        system = running.lane.system
        if system is None or not (running.is_probe or (heard is Heard.FINE and running.lane.name in self._unwell)):
            return settlement

        def both(conn: Connection) -> bool:
            circuits.tell(conn, system, heard, self._now())
            return settlement(conn)

        return both

    async def _failed(self, running: _Running, job: Job, error: Exception) -> _Settlement:
        lane = running.lane
        self._count(lane).failed += 1
        if isinstance(error, GatewayError | Unbegun):
            said = str(error)
        else:
            # Its words may hold what a legacy system sent; the log has them, the operator's page the name alone.
            said = f"unexpected {type(error).__name__}"
            _log.error("%s failed", job.stream, exc_info=error)
        elapsed = job.tried_seconds + asyncio.get_running_loop().time() - running.began
        # A lost lease is nobody's failure: whoever has the work now goes on, and has its own patience.
        if elapsed >= lane.give_up_seconds and not (running.is_probe or isinstance(error, LeaseLost)):
            return await self._parked(lane, job, f"given up after {elapsed:.0f} s and {job.attempt} attempts: {said}")
        pause = lane.backoff.pause(job.attempt)
        wait = error.retry_after_seconds or 0.0 if isinstance(error, TryLater) else 0.0
        if isinstance(error, OutcomeUnknown):
            wait = lane.ask_after_seconds
        is_sure = isinstance(error, TryLater | NeedsOperator | Unbegun)
        is_sure = is_sure or (isinstance(error, LeaseLost) and not running.lease.has_sent)
        retry = self._settled(queue.retry, job, max(pause, wait), said, is_sure=is_sure)
        heard = _heard_in(error)
        if lane.system is None or heard is None:
            return self._heard(running, Heard.NOTHING, retry)
        self._unwell.add(lane.name)
        reason = error.reason if isinstance(error, GatewayError) else said
        defer = self._settled(queue.defer, job, 0.0 if is_sure else wait, said, is_sure=is_sure)
        system, asked_for = lane.system, wait if is_sure else 0.0

        def settle(conn: Connection) -> bool:
            circuit = circuits.tell(conn, system, heard, self._now(), reason=reason, wait_seconds=asked_for)
            # Of a system that is down the message can say nothing: it keeps its attempts.
            return retry(conn) if circuit.is_closed else defer(conn)

        return settle

    async def _parked(self, lane: Lane, job: Job, reason: str) -> _Settlement:
        _log.warning("%s is parked: %s", job.stream, reason)
        if lane.gave_up:
            try:
                with working_for(job):
                    await lane.gave_up(job, reason)
            except StoreUnavailable as error:  # told before parked, so that nobody misses it: once more from the start
                return self._settled(queue.retry, job, lane.backoff.pause(job.attempt), str(error))
            except Exception:  # noqa: BLE001 - the stream must be parked all the same
                _log.exception("nobody could be told that %s is parked", job.stream)
        self._count(lane).parked += 1
        return self._settled(queue.park, job, reason)

    def _count(self, lane: Lane) -> Done:
        return self._counts.setdefault(lane.name, Done())

    async def _keep_counts(self) -> None:
        counts, self._counts = self._counts, {}
        if counts:
            try:
                await self._transactions.write(lambda conn: tally.add(conn, counts, self._now()))
            except Exception as error:  # noqa: BLE001 - figures only: those of a few seconds are lost
                _complain("what was done could not be counted", error)

    def _settled(self, say: Callable[..., bool], job: Job, *what: object, **more: object) -> _Settlement:
        return lambda conn: say(conn, job, *what, self._now(), **more)

    def _now(self) -> datetime | None:
        return None if self._clock is None else self._clock.now()

    async def _record(self, settlement: _Settlement) -> bool:
        """Record an answer, however long the store is away: without it the job would be done again."""
        while True:
            try:
                return await self._transactions.write(settlement)
            except Exception as error:  # noqa: BLE001 - the same
                _complain("an answer could not be recorded", error)
                await asyncio.sleep(_LONGEST_PAUSE_SECONDS)

    # -- leases and the end --------------------------------------------------------------------------------------

    async def _renew(self) -> None:
        """Renew every lease each third of the shortest; stop the jobs whose lease another process has taken."""
        interval = min((lane.lease_seconds for lane in self._lanes.values()), default=60.0) / 3
        while True:
            await asyncio.sleep(interval)
            await self._keep_counts()
            held = [running for running in self._running if not running.settling]
            if not held:
                continue
            asked_at = steady_seconds()
            try:
                kept = await self._transactions.write(partial(self._renew_all, held=held))
            except Exception as error:  # noqa: BLE001 - the same
                _complain("leases could not be renewed", error)
                continue
            for running, is_kept in zip(held, kept, strict=True):
                if is_kept:
                    running.lease.ends = asked_at + running.lane.lease_seconds
                if is_kept is False and not running.settling and running in self._running and running.task:
                    _log.warning("lost the lease of %s: stopping it", running.job.stream)
                    running.lost = True
                    running.task.cancel()

    def _renew_all(self, conn: Connection, held: Sequence[_Running]) -> list[bool | None]:
        return renew_all(conn, [(running.job, running.lane.lease_seconds) for running in held], self._now())

    async def _finish(self, seconds: float) -> None:
        """Wait so long for running jobs, then stop them; each records that it was stopped."""
        tasks = [running.task for running in self._running if running.task]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds) if seconds > 0 else (None, tasks)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=5.0)


def _heard_in(error: Exception) -> Heard | None:
    """Return what an error says of the system that was asked, or None where it says nothing."""
    if getattr(error, "only_this", False):
        return Heard.FINE
    return next((heard for kind, heard in _HEARD.items() if isinstance(error, kind)), None)


def _complain(what: str, error: Exception) -> None:
    """Log a failure of the store in a line, anything else with its trace: it is a defect."""
    _log.warning("%s: %s", what, error, exc_info=None if isinstance(error, StoreUnavailable) else error)

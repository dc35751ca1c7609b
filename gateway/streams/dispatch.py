"""Runs the lanes of one process: claims what is due, calls the handlers, renews leases, records how it went."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from gateway.ports.clock import Clock
from gateway.ports.errors import GatewayError, StoreUnavailable, TryLater
from gateway.streams import queue
from gateway.streams.lanes import Lane
from gateway.streams.message import Again, Job, Park
from gateway.streams.sql import Connection, Transactions, micros

__all__ = ["Dispatcher"]

_log = logging.getLogger(__name__)

_SHORTEST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5

_Settlement = Callable[[Connection], bool]


@dataclass(eq=False, slots=True)
class _Running:
    """A job whose handler is at work, or whose answer is being recorded (`settling`)."""

    lane: Lane
    job: Job
    task: "asyncio.Task[None] | None" = None
    settling: bool = False
    lost: bool = False


class Dispatcher:
    """Works off the lanes until it is stopped. Several may run on one database, in one process or in many.

    Polling is what it relies on; `wake` after a commit only makes it quicker. `owner` stands in the leases.
    """

    def __init__(
        self,
        transactions: Transactions,
        lanes: Sequence[Lane],
        clock: Clock,
        owner: str,
        *,
        stop_seconds: float = 10.0,
    ) -> None:
        self._transactions = transactions
        self._lanes = {lane.name: lane for lane in lanes}
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

    def wake(self) -> None:
        """Look for work now. Called on the loop that runs the dispatcher, after a commit that enqueued something."""
        self._hinted = True
        self._signal.set()

    @property
    def running(self) -> int:
        """How many jobs are in hand at this moment."""
        return len(self._running)

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

    # -- claiming ------------------------------------------------------------------------------------------------

    async def _watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stopping = True
        self._signal.set()

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
        due = await self._transactions.read(partial(queue.next_due, lanes=lanes))
        if due is None:
            return _LONGEST_PAUSE_SECONDS
        return max(0.0, (micros(due) - micros(self._clock.now())) / 1_000_000)

    async def _claim(self) -> int:
        self._hinted = False
        asks = [queue.Ask(name, free, self._lanes[name].lease_seconds) for name, free in self._free.items() if free]
        if not asks:
            return 0
        token = f"{self._owner}:{uuid.uuid4().hex}"
        jobs = await self._transactions.write(
            lambda conn: queue.claim(conn, asks, token, self._clock.now()),
        )
        if self._stopping:
            await self._give_back(jobs)
            return 0
        for job in jobs:
            self._start(job)
        return len(jobs)

    async def _give_back(self, jobs: Sequence[Job]) -> None:
        if jobs:
            now = self._clock.now()
            with suppress(StoreUnavailable):  # their leases end by themselves
                await self._transactions.write(lambda conn: [queue.release(conn, job, now) for job in jobs])

    # -- working -------------------------------------------------------------------------------------------------

    def _start(self, job: Job) -> None:
        running = _Running(self._lanes[job.lane], job)
        self._running.add(running)
        self._free[job.lane] -= 1
        running.task = asyncio.create_task(self._work(running), name=f"{job.lane}|{job.key}")
        running.task.add_done_callback(lambda _: self._ended(running))

    def _ended(self, running: _Running) -> None:
        self._running.discard(running)
        self._free[running.job.lane] += 1
        self.wake()

    async def _work(self, running: _Running) -> None:
        job = running.job
        try:
            settlement = await self._attempt(running.lane, job)
        except asyncio.CancelledError:
            if running.lost:
                return
            # Stopped in the middle: what it did is unknown, so the attempt counts, and the next may begin at once.
            settlement = self._settled(queue.retry, job, 0.0, "stopped in the middle")
        running.settling = True
        if not await self._record(settlement):
            _log.warning("the lease of %s|%s was lost before its answer: it is done again", job.lane, job.key)

    async def _attempt(self, lane: Lane, job: Job) -> _Settlement:
        """Call the handler; return what to record."""
        try:
            answer = await lane.handler(job)
        except Park as stop:
            return await self._parked(lane, job, stop.reason)
        except Exception as error:  # noqa: BLE001 - whatever it is, the work must not be lost
            return await self._failed(lane, job, error)
        if isinstance(answer, Again):
            return self._settled(queue.again, job, answer.seconds)
        return self._settled(queue.ack, job)

    async def _failed(self, lane: Lane, job: Job, error: Exception) -> _Settlement:
        if isinstance(error, GatewayError):
            said = str(error)
        else:
            # Its words may hold what a legacy system sent; the log has them, the operator's page the name alone.
            said = f"unexpected {type(error).__name__}"
            _log.error("%s|%s failed", job.lane, job.key, exc_info=error)
        elapsed = (self._clock.now() - job.first_try).total_seconds()
        if elapsed >= lane.give_up_seconds:
            return await self._parked(lane, job, f"given up after {elapsed:.0f} s and {job.attempt} attempts: {said}")
        pause = lane.backoff.pause(job.attempt)
        if isinstance(error, TryLater) and error.retry_after_seconds is not None:
            pause = max(pause, error.retry_after_seconds)
        return self._settled(queue.retry, job, pause, said)

    async def _parked(self, lane: Lane, job: Job, reason: str) -> _Settlement:
        _log.warning("%s|%s is parked: %s", job.lane, job.key, reason)
        if lane.gave_up:
            try:
                await lane.gave_up(job, reason)
            except StoreUnavailable as error:  # told before parked, so that nobody misses it: once more from the start
                return self._settled(queue.retry, job, lane.backoff.pause(job.attempt), str(error))
            except Exception:  # noqa: BLE001 - the stream must be parked all the same
                _log.exception("nobody could be told that %s|%s is parked", job.lane, job.key)
        return self._settled(queue.park, job, reason)

    def _settled(self, say: Callable[..., bool], job: Job, *what: object) -> _Settlement:
        return lambda conn: say(conn, job, *what, self._clock.now())

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
            held = [running for running in self._running if not running.settling]
            if not held:
                continue
            try:
                kept = await self._transactions.write(partial(self._renew_all, held=held))
            except Exception as error:  # noqa: BLE001 - the same
                _complain("leases could not be renewed", error)
                continue
            for running, is_kept in zip(held, kept, strict=True):
                if not is_kept and not running.settling and running in self._running and running.task:
                    _log.warning("lost the lease of %s|%s: stopping it", running.job.lane, running.job.key)
                    running.lost = True
                    running.task.cancel()

    def _renew_all(self, conn: Connection, held: Sequence[_Running]) -> list[bool]:
        now = self._clock.now()
        return [queue.renew(conn, running.job, running.lane.lease_seconds, now) for running in held]

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


def _complain(what: str, error: Exception) -> None:
    """Log a failure of the store in a line, anything else with its trace: it is a defect."""
    _log.warning("%s: %s", what, error, exc_info=None if isinstance(error, StoreUnavailable) else error)

"""Writes on PostgreSQL: several functions share one transaction and one commit, and each is answered only after it.

A group is run in the hope that all goes well, without a savepoint for each. Where one function raises or waits for a
lock, the group is undone and run again without it; it is run alone, so that it does its neighbours no harm.
Functions must therefore bear to be run again: they change nothing but the database.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.util import greenlet_spawn

from gateway.ports.errors import StoreUnavailable
from gateway.storage.failures import closed
from gateway.storage.postgresql.connection import CONNECTIONS, RECONNECT_SECONDS, PostgresConnection, abandon
from gateway.storage.postgresql.failures import is_conflict, is_database_error, is_lost, unavailable
from gateway.storage.threads import GROUP_LIMIT, Outcome, Task, resolve
from gateway.streams.sql import Connection

__all__ = ["Committer"]

T = TypeVar("T")

_BEGIN_GROUP = "BEGIN; SET LOCAL lock_timeout = '300ms'"  # a group must not wait long for what one of it wants
_BEGIN_ALONE = "BEGIN"
_MOST_ATTEMPTS = 12
_MOST_ROUNDS = 4
_SHORTEST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.5


class _ApartError(Exception):
    """The group cannot be stored as one because of the function at `place`."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class _InDoubtError(Exception):
    """The connection broke in the very commit: it may be stored all the same, so it is not tried again."""


class Committer:
    """Takes functions and stores what they do, in up to `writers` transactions at once."""

    def __init__(self, pool: "asyncpg.Pool[Any]", writers: int) -> None:
        self._pool = pool
        self._most = writers
        self._waiting: deque[Task] = deque()
        self._apart: deque[Task] = deque()  # to be run alone
        self._running: set[asyncio.Task[None]] = set()
        self._is_asked = self._is_closed = False

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction; return its result after the commit. Raises what it raises."""
        if self._is_closed:
            raise closed()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((function, future))
        if not self._is_asked:  # all that is asked in one turn of the loop goes together
            self._is_asked = True
            loop.call_soon(self._start)
        return await future

    async def close(self) -> None:
        """Do what waits, then take no more."""
        self._is_closed = True
        self._start()
        while self._running:
            await asyncio.wait(self._running)

    def _start(self) -> None:
        self._is_asked = False
        while (self._apart or self._waiting) and len(self._running) < self._most:
            if self._apart:
                store = self._store_alone(self._apart.popleft())
            else:
                share = -(-len(self._waiting) // (self._most - len(self._running)))
                store = self._store([self._waiting.popleft() for _ in range(min(share, GROUP_LIMIT))])
            task = asyncio.get_running_loop().create_task(store)
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._start()

    async def _store(self, group: Sequence[Task]) -> None:
        left = [task for task in group if not task[1].done()]  # nobody waits for the others any more
        for _ in range(_MOST_ROUNDS):
            if len(left) < 2:
                break
            try:
                resolve(await self._together(left))
            except _ApartError as apart:
                self._apart.append(left.pop(apart.place))
            except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
                resolve([(future, None, _refusal(error)) for _, future in left])
                return
            else:
                return
        self._apart.extend(left)

    async def _store_alone(self, task: Task) -> None:
        function, future = task
        try:
            outcome = await self._alone(function, future)
        except BaseException as error:  # noqa: BLE001 - the same
            outcome = (future, None, _refusal(error))
        resolve([outcome])

    async def _together(self, group: Sequence[Task]) -> list[Outcome]:
        """Store a group in one transaction. Raises what made the whole of it fail: then nothing of it is stored."""
        for attempt in range(1, CONNECTIONS + 1):
            try:
                return await self._transaction(_BEGIN_GROUP, partial(_run_all, group=group))
            except Exception as error:
                # Another connection may be whole: a server that started again is no reason to refuse anybody.
                if attempt == CONNECTIONS or not (is_conflict(error) or is_lost(error)):
                    raise
            await asyncio.sleep(RECONNECT_SECONDS)
        raise AssertionError

    async def _alone(self, function: Callable[[Connection], Any], future: "asyncio.Future[Any]") -> Outcome:
        """Store what one function does, trying again where another transaction or a broken connection is in the way."""
        pause = _SHORTEST_PAUSE_SECONDS
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                return await self._once(function, future)
            except Exception as error:
                again = is_conflict(error) or (is_lost(error) and attempt < CONNECTIONS)
                if not again or attempt == _MOST_ATTEMPTS:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that two do not meet again
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        raise AssertionError

    async def _once(self, function: Callable[[Connection], Any], future: "asyncio.Future[Any]") -> Outcome:
        try:
            return future, await self._transaction(_BEGIN_ALONE, function), None
        except _InDoubtError:
            raise
        except Exception as error:
            if is_database_error(error):
                raise
            return future, None, error  # it is the function's own

    async def _transaction(self, begin: str, function: Callable[[PostgresConnection], T]) -> T:
        async with self._pool.acquire() as raw:
            try:
                await raw.execute(begin)
                value = await greenlet_spawn(function, PostgresConnection(raw))
            except BaseException:
                await abandon(raw)
                raise
            await _commit(raw)
            return value


def _run_all(conn: PostgresConnection, group: Sequence[Task]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for function, future in group:
        conn.begin_anew()
        try:
            outcomes.append((future, function(conn), None))
        except Exception as error:
            if conn.has_written or (is_database_error(error) and not is_lost(error)):
                raise _ApartError(len(outcomes)) from error
            if is_database_error(error):
                raise
            outcomes.append((future, None, error))  # it has left no trace: the others may go on
            conn.memo.clear()
    return outcomes


async def _commit(raw: Any) -> None:
    try:
        await raw.execute("COMMIT")
    except asyncpg.PostgresError as error:
        if is_lost(error):
            raise _InDoubtError from error
        raise  # the server's own word: nothing is stored
    except BaseException as error:
        raw.terminate()
        raise _InDoubtError from error


def _refusal(error: BaseException) -> BaseException:
    if isinstance(error, _InDoubtError) and error.__cause__ is not None:
        error = error.__cause__
    found = unavailable(error)
    if found is not None:
        return found
    if isinstance(error, Exception):
        return error
    return StoreUnavailable("storeUnavailable", "the gateway is stopping", "send it again")

"""The threads that talk to SQLite: one that writes, in groups, and a few that read."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from gateway.ports.errors import StoreUnavailable
from gateway.storage.failures import closed, unavailable
from gateway.streams.sql import Connection

__all__ = ["GROUP_LIMIT", "Outcome", "Readers", "Task", "Writer", "resolve"]

T = TypeVar("T")

GROUP_LIMIT = 64
"""How many functions share one commit."""

_Function = Callable[[Connection], Any]
Task = tuple[_Function, "asyncio.Future[Any]"]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class _Threads:
    """Threads that take functions from one queue, each with a connection of its own."""

    def __init__(self, name: str, count: int, connect: Callable[[], sqlite3.Connection]) -> None:
        self._queue: SimpleQueue[list[Task] | None] = SimpleQueue()
        self._asked: dict[asyncio.AbstractEventLoop, list[Task]] = {}
        self._connect = connect
        self._closed = False
        self._gate = threading.Lock()
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{i}", daemon=True) for i in range(count)]
        for thread in self._threads:
            thread.start()

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Run a function on one of the threads; return its result. Raises what it raises, and StoreUnavailable."""
        if self._closed:
            raise closed()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        asked = self._asked.get(loop)
        if asked is None:
            # All that is asked in one turn of the loop goes over together: a thread woken for the first of sixteen
            # would commit that one alone, and fight with the loop for the interpreter meanwhile.
            asked = self._asked[loop] = []
            loop.call_soon(self._hand_over, loop)
        asked.append((function, future))
        return await future

    def close(self) -> None:
        """Do what is queued, then end the threads and close their connections. Blocks until then."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            for _ in self._threads:
                self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        asked = self._asked.pop(loop)
        with self._gate:  # nothing may follow the end mark
            if not self._closed:
                self._send(asked)
                return
        resolve([(future, None, closed()) for _, future in asked])

    def _send(self, asked: list[Task]) -> None:
        self._queue.put(asked)

    def _run(self) -> None:
        raise NotImplementedError


class Writer(_Threads):
    """One thread, one connection, up to GROUP_LIMIT functions a transaction; answers go out after the commit.

    Each function has its own savepoint: one that raises leaves no trace and does its neighbours no harm.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        super().__init__("store-writer", 1, connect)

    def _run(self) -> None:
        raw: sqlite3.Connection | None = None
        waiting: list[Task] = []
        is_open = True
        while is_open or waiting:
            if is_open:
                is_open = self._take(waiting)
            group, waiting = waiting[:GROUP_LIMIT], waiting[GROUP_LIMIT:]
            if not group:
                continue
            try:
                if raw is None:
                    raw = self._connect()
                outcomes = _commit(raw, group)
            except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
                refusal = _refusal(error)
                outcomes = [(future, None, refusal) for _, future in group]
                raw = _abandon(raw)
            _deliver(outcomes)
        if raw is not None:
            raw.close()

    def _take(self, waiting: list[Task]) -> bool:
        """Add all that has come to what waits, waiting for the first where nothing does; False at the end mark."""
        try:
            while len(waiting) < GROUP_LIMIT:
                asked = self._queue.get_nowait() if waiting else self._queue.get()
                if asked is None:
                    return False
                waiting += asked
        except Empty:
            pass
        return True


class Readers(_Threads):
    """A few threads; each function sees one consistent view of what is committed."""

    def _send(self, asked: list[Task]) -> None:
        for task in asked:  # one by one, so that the threads share them
            self._queue.put([task])

    def _run(self) -> None:
        raw: sqlite3.Connection | None = None
        while (asked := self._queue.get()) is not None:
            ((function, future),) = asked
            value, error = None, None
            try:
                if raw is None:
                    raw = self._connect()
                value = _view(raw, function)
            except BaseException as raised:  # noqa: BLE001 - it belongs to whoever asked
                error = unavailable(raised) or raised
                if error is not raised:
                    raw = _abandon(raw)
            _deliver([(future, value, error)])
        if raw is not None:
            raw.close()


def _commit(raw: sqlite3.Connection, group: Sequence[Task]) -> list[Outcome]:
    """Run a group in one transaction. Raises what made the whole of it fail; then nothing of it is stored."""
    cursor = raw.cursor()
    conn = Connection(cursor, "sqlite")
    outcomes: list[Outcome] = []
    cursor.execute("BEGIN IMMEDIATE")
    for function, future in group:
        cursor.execute("SAVEPOINT one")
        try:
            outcomes.append((future, function(conn), None))
        except BaseException as error:
            if not raw.in_transaction:  # SQLite has undone everything, the neighbours' work too
                raise
            cursor.execute("ROLLBACK TO one")
            outcomes.append((future, None, unavailable(error) or error))
            conn.memo.clear()
        cursor.execute("RELEASE one")
    cursor.execute("COMMIT")
    return outcomes


def _view(raw: sqlite3.Connection, function: _Function) -> Any:
    cursor = raw.cursor()
    cursor.execute("BEGIN")
    try:
        return function(Connection(cursor, "sqlite"))
    finally:
        if raw.in_transaction:
            cursor.execute("ROLLBACK")


def _refusal(error: BaseException) -> StoreUnavailable:
    return unavailable(error) or StoreUnavailable(
        "storeUnavailable", f"the database refused to commit ({type(error).__name__})", "look at the gateway's log"
    )


def _abandon(raw: sqlite3.Connection | None) -> sqlite3.Connection | None:
    """Undo what is open and return the connection, or None where only a new one can go on."""
    if raw is None:
        return None
    try:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
    except sqlite3.Error:
        raw.close()
        return None
    return raw


def _deliver(outcomes: Sequence[Outcome]) -> None:
    """Hand results to the loops that wait for them: one call a loop, however many results."""
    loops: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        loops.setdefault(outcome[0].get_loop(), []).append(outcome)
    for loop, theirs in loops.items():
        try:
            loop.call_soon_threadsafe(resolve, theirs)
        except RuntimeError:  # the loop was closed: nobody waits any more
            continue


def resolve(outcomes: Sequence[Outcome]) -> None:
    """Answer those who wait, on their loop."""
    for future, value, error in outcomes:
        if future.done():  # whoever asked was cancelled meanwhile
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

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

__all__ = ["GROUP_LIMIT", "Readers", "Writer"]

T = TypeVar("T")

GROUP_LIMIT = 64
"""How many functions share one commit."""

_Function = Callable[[Connection], Any]
_Task = tuple[_Function, "asyncio.Future[Any]"]
_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class _Threads:
    """Threads that take functions from one queue, each with a connection of its own."""

    def __init__(self, name: str, count: int, connect: Callable[[], sqlite3.Connection]) -> None:
        self._queue: SimpleQueue[_Task | None] = SimpleQueue()
        self._connect = connect
        self._closed = False
        self._gate = threading.Lock()
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{i}", daemon=True) for i in range(count)]
        for thread in self._threads:
            thread.start()

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Run a function on one of the threads; return its result. Raises what it raises, and StoreUnavailable."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # The lock makes "nothing is put after the end mark" exact; it is free nearly always.
        with self._gate:
            if self._closed:
                raise closed()
            self._queue.put((function, future))
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
        is_open = True
        while is_open:
            group, is_open = self._next_group()
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

    def _next_group(self) -> tuple[list[_Task], bool]:
        """Wait for work; return all that has come meanwhile, up to the limit, and whether more may come."""
        group: list[_Task] = []
        task = self._queue.get()
        while task is not None:
            group.append(task)
            if len(group) == GROUP_LIMIT:
                return group, True
            try:
                task = self._queue.get_nowait()
            except Empty:
                return group, True
        return group, False


class Readers(_Threads):
    """A few threads; each function sees one consistent view of what is committed."""

    def _run(self) -> None:
        raw: sqlite3.Connection | None = None
        while (task := self._queue.get()) is not None:
            function, future = task
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


def _commit(raw: sqlite3.Connection, group: Sequence[_Task]) -> list[_Outcome]:
    """Run a group in one transaction. Raises what made the whole of it fail; then nothing of it is stored."""
    cursor = raw.cursor()
    conn = Connection(cursor, "sqlite")
    outcomes: list[_Outcome] = []
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


def _deliver(outcomes: Sequence[_Outcome]) -> None:
    """Hand results to the loops that wait for them: one call a loop, however many results."""
    loops: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        loops.setdefault(outcome[0].get_loop(), []).append(outcome)
    for loop, theirs in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, theirs)
        except RuntimeError:  # the loop was closed: nobody waits any more
            continue


def _resolve(outcomes: Sequence[_Outcome]) -> None:
    for future, value, error in outcomes:
        if future.done():  # whoever asked was cancelled meanwhile
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

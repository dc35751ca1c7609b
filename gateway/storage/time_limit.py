"""A bound on the time that one query takes: what no index answers looks into every document, and must end somewhen."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from gateway.ports.errors import SlowQuery, StoreUnavailable
from gateway.streams.sql import Connection

__all__ = ["time_limit"]

_STEPS = 10_000
"""Of SQLite's machine between two looks at the clock."""
_INTERRUPTED = 9  # SQLITE_INTERRUPT
_CANCELLED = "57014"  # PostgreSQL's query_canceled


@contextmanager
def time_limit(conn: Connection, seconds: float, slow: Callable[[], Sequence[str]]) -> Iterator[None]:
    """End what is run inside after so many seconds. `slow` tells the paths that no index answers.

    Raises SlowQuery that names them, StoreUnavailable where there are none and the database is slow itself.
    """
    begin, end = _LIMITS[conn.dialect]
    begin(conn, seconds)
    try:
        yield
    except Exception as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code != _INTERRUPTED and getattr(error, "sqlstate", None) != _CANCELLED:
            raise
        raise _too_slow(seconds, slow()) from error
    finally:
        end(conn)


def _too_slow(seconds: float, slow: Sequence[str]) -> SlowQuery | StoreUnavailable:
    if slow:
        return SlowQuery(slow, seconds)
    return StoreUnavailable("storeUnavailable", f"the query took more than {seconds:g} seconds", "ask again later")


def _begin_sqlite(conn: Connection, seconds: float) -> None:
    until = time.monotonic() + seconds
    conn.cursor.connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)


def _end_sqlite(conn: Connection) -> None:
    conn.cursor.connection.set_progress_handler(None, 0)


def _begin_postgresql(conn: Connection, seconds: float) -> None:
    # How common a value is decides how it is best looked for, so a plan is made for each anew.
    text = (
        f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}; SET LOCAL plan_cache_mode = force_custom_plan"
    )
    conn.cursor.execute(text, [])


def _end_postgresql(_: Connection) -> None:
    """Do nothing: the setting ends with the transaction, and one that failed takes no statement any more."""


_LIMITS = {"sqlite": (_begin_sqlite, _end_sqlite), "postgresql": (_begin_postgresql, _end_postgresql)}

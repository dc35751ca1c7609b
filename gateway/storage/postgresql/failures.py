"""What PostgreSQL's failures mean: try the transaction again, or tell whoever waits that the store is away."""

import asyncpg

from gateway.ports.errors import StoreUnavailable
from gateway.storage.failures import closed

__all__ = ["is_conflict", "is_database_error", "is_lost", "unavailable"]

_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, a lock that did not come in time: another transaction was in the way."""

_LOST = (asyncpg.PostgresConnectionError, ConnectionError)
_WORDS: tuple[tuple[str, str, str], ...] = (
    # The beginning of a SQLSTATE, what to say, and what to do; the first that fits is taken.
    ("08", "the connection to the database broke", "look at the network and at the database server"),
    ("25006", "the database takes no writes: it is read-only", "name the primary server"),
    ("28", "the database refuses the user", "look at the user's name, password and pg_hba.conf"),
    ("40", "other transactions were in the way again and again", "send it again"),
    ("42501", "the database user may not do that", "grant the user all of the gateway's tables"),
    ("53100", "the database server's disk is full", "make room on the disk"),
    ("53200", "the database server is out of memory", "give it more memory"),
    ("53300", "the database server takes no more connections", "raise max_connections"),
    ("53", "the database server is short of something", "look at the server's log"),
    ("55P03", "another transaction holds a lock", "find the process that holds it"),
    ("57014", "the database took too long", "look at the load of the server"),
    ("57P", "the database server stops or starts", "nothing to do once it runs again"),
    ("58", "the database server's system fails", "look at the server's log"),
    ("XX", "the database is damaged or has a defect", "look at the server's log, restore from a backup"),
)


def is_conflict(error: BaseException) -> bool:
    """Return whether the same transaction can go well when it is run again."""
    return getattr(error, "sqlstate", None) in _CONFLICTS


def is_lost(error: BaseException) -> bool:
    """Return whether the connection is gone, or the server about to go."""
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return True  # "connection is closed", or the server's farewell on it, seen before anything was sent
    return isinstance(error, _LOST) or str(getattr(error, "sqlstate", "") or "").startswith(("08", "57P"))


def is_database_error(error: BaseException) -> bool:
    """Return whether an error came from the database or its driver: nothing more can be done in its transaction."""
    return isinstance(
        error, asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError | OSError | TimeoutError
    )


def unavailable(error: BaseException) -> StoreUnavailable | None:
    """Return the error to show for a failure of the database itself; None for anything else, such as a defect."""
    state = getattr(error, "sqlstate", None)
    if state:
        for begin, words, fix in _WORDS:
            if state.startswith(begin):
                return StoreUnavailable("storeUnavailable", words, fix)
        return None
    if isinstance(error, asyncpg.InterfaceError) and "pool is clos" in str(error):
        return closed()
    if isinstance(error, TimeoutError):  # before OSError, which it is too
        return StoreUnavailable("storeUnavailable", "the database does not answer in time", "look at the server")
    if isinstance(error, OSError | asyncpg.PostgresConnectionError) or is_lost(error):
        return StoreUnavailable("storeUnavailable", "the database cannot be reached", "look at the database server")
    return None

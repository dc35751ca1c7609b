"""What the database's failures mean to whoever waits for an answer."""

import sqlite3

from gateway.ports.errors import StoreUnavailable

__all__ = ["closed", "unavailable"]

_WORDS = {
    sqlite3.SQLITE_BUSY: ("another process holds the database's write lock", "find the process that holds it"),
    sqlite3.SQLITE_LOCKED: ("the database is locked", "find the process that holds it"),
    sqlite3.SQLITE_NOMEM: ("the database is out of memory", "give the process more memory"),
    sqlite3.SQLITE_READONLY: ("the database file cannot be written", "let the process write the file and its folder"),
    sqlite3.SQLITE_IOERR: ("the disk does not do what the database asks", "look at the disk"),
    sqlite3.SQLITE_CORRUPT: ("the database file is damaged", "restore the file from a copy"),
    sqlite3.SQLITE_FULL: ("the disk is full", "make room on the disk"),
    sqlite3.SQLITE_CANTOPEN: ("the database file cannot be opened", "look at the file's folder and its permissions"),
    sqlite3.SQLITE_PROTOCOL: ("the database's locks do not work", "keep the file on a local disk"),
    sqlite3.SQLITE_NOTADB: ("the file is no SQLite database", "name another file"),
}


def unavailable(error: BaseException) -> StoreUnavailable | None:
    """Return the error to show for a failure of the database itself; None for anything else, such as a defect."""
    code = getattr(error, "sqlite_errorcode", None)
    words = None if code is None else _WORDS.get(code & 0xFF)
    return StoreUnavailable("storeUnavailable", *words) if words else None


def closed() -> StoreUnavailable:
    """Return the error of a database that was closed."""
    return StoreUnavailable("storeClosed", "the database is closed", "nothing to do: the gateway is stopping")

"""Brings a file to the present schema. A file that has it already costs one look; Alembic is then not imported."""

import sqlite3
import time

from sqlalchemy.dialects import sqlite

from gateway.ports.errors import SetupError
from gateway.storage.migrations import HEAD, folder
from gateway.storage.revisions import Step, step_for, tell
from gateway.storage.tables import creation

__all__ = ["migrate", "revision_of", "step_of", "upgrade"]

_PATIENCE_SECONDS = 5.0
_TURN_SECONDS = 600.0


def upgrade(raw: sqlite3.Connection) -> None:
    """Make or change the tables as needed. Several processes may try at once. Raises SetupError, sqlite3.Error."""
    _use_write_ahead_log(raw)
    step = step_of(raw)
    if step is Step.CREATE:
        _create(raw)
        step = step_of(raw)  # another process, of an earlier release, may have been quicker
    if step is Step.MIGRATE:
        migrate(raw, HEAD)


def revision_of(raw: sqlite3.Connection) -> tuple[str | None, str | None]:
    """Return the schema's revision, None where it has none, and the oldest release that it serves."""
    return _one(raw, "alembic_version", "version_num"), _one(raw, "schema_support", "oldest")


def migrate(raw: sqlite3.Connection, target: str) -> None:
    """Run Alembic's migrations up to a revision in one transaction on this connection, which has none open.

    Of several processes one does it; the others wait. Raises SetupError for a revision unknown here, sqlite3.Error.
    """
    # Imported here: a start that migrates nothing need not pay for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            _take_turn(raw)  # not before: a connection that SQLAlchemy first meets is rolled back by it
            found, _ = revision_of(raw)
            command.upgrade(config, target)
            connection.commit()
            if found != target:
                tell(found, target)
    except CommandError as error:
        raise SetupError(
            f"the database's schema is not known to this release ({error})", "use the release that wrote it, or a newer"
        ) from error


def step_of(raw: sqlite3.Connection) -> Step:
    """Return what has to be done about the schema. Raises SetupError where nothing can be."""
    is_empty = raw.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    return step_for(*revision_of(raw), is_empty=is_empty)


def _one(raw: sqlite3.Connection, table: str, column: str) -> str | None:
    if not raw.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
        return None
    row = raw.execute(f"SELECT {column} FROM {table}").fetchone()  # noqa: S608 - our own words
    return row[0] if row else None


def _create(raw: sqlite3.Connection) -> None:
    _take_turn(raw)
    try:
        if step_of(raw) is Step.CREATE:  # else another process was quicker
            for text in creation(sqlite.dialect()):
                raw.execute(text)
            tell(None, HEAD)
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def _take_turn(raw: sqlite3.Connection) -> None:
    # One process changes the schema; the others wait for it, however long a large file takes.
    give_up = time.monotonic() + _TURN_SECONDS
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def _use_write_ahead_log(raw: sqlite3.Connection) -> None:
    # Two processes that switch a new file at the same moment: SQLite tells one of them "locked" without waiting.
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return

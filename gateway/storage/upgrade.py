"""Brings a file to the present schema. A file that has it already costs one look; Alembic is then not imported."""

import sqlite3
import time

from sqlalchemy.dialects import sqlite

from gateway.ports.errors import SetupError
from gateway.storage.migrations import HEAD, folder
from gateway.storage.revisions import Step, step_for
from gateway.storage.tables import creation

__all__ = ["migrate", "revision_of", "step_of", "upgrade"]

_PATIENCE_SECONDS = 5.0


def upgrade(raw: sqlite3.Connection) -> None:
    """Make or change the tables as needed. Several processes may try at once. Raises SetupError, sqlite3.Error."""
    _use_write_ahead_log(raw)
    if step_of(raw) is Step.NOTHING:
        return
    raw.execute("BEGIN IMMEDIATE")
    try:
        step = step_of(raw)  # another process may have been quicker
        if step is Step.CREATE:
            for text in creation(sqlite.dialect()):
                raw.execute(text)
        elif step is Step.MIGRATE:
            migrate(raw, HEAD)
        if raw.in_transaction:
            raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def revision_of(raw: sqlite3.Connection) -> tuple[str | None, str | None]:
    """Return the schema's revision, None where it has none, and the oldest release that it serves."""
    return _one(raw, "alembic_version", "version_num"), _one(raw, "schema_support", "oldest")


def migrate(raw: sqlite3.Connection, target: str) -> None:
    """Run Alembic's migrations up to a revision, on this connection. Raises SetupError for a revision unknown here."""
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
            command.upgrade(config, target)
            connection.commit()
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

"""Brings a file to the present schema. A file that has it already costs one look; Alembic is then not imported."""

import sqlite3
import time

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.ports.errors import SetupError
from gateway.storage import schema_agreement, schema_exceptions, schema_listeners, schema_vocabulary
from gateway.storage.migrations import HEAD, folder
from gateway.storage.schema import metadata

__all__ = ["TOPICS", "migrate", "upgrade"]

TOPICS = (schema_agreement, schema_exceptions, schema_listeners, schema_vocabulary)
"""Modules with further tables; naming them here makes their tables known to `metadata`."""

_VERSION_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
_PATIENCE_SECONDS = 5.0


def upgrade(raw: sqlite3.Connection) -> None:
    """Make or change the tables as needed. Several processes may try at once. Raises SetupError, sqlite3.Error."""
    _use_write_ahead_log(raw)
    if _revision(raw) == HEAD:
        return
    raw.execute("BEGIN IMMEDIATE")
    try:
        found = _revision(raw)  # another process may have been quicker
        if found is None:
            _create(raw)
        elif found != HEAD:
            migrate(raw, HEAD)
        if raw.in_transaction:
            raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


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


def _create(raw: sqlite3.Connection) -> None:
    """Make all tables of an empty file at once; a test holds this and the migrations together."""
    if raw.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise SetupError("the database holds another program's tables", "name a file of its own")
    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        raw.execute(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            raw.execute(str(CreateIndex(index).compile(dialect=dialect)))
    raw.execute(_VERSION_TABLE)
    raw.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))


def _revision(raw: sqlite3.Connection) -> str | None:
    if not raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
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

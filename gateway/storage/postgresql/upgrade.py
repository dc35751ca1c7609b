"""Brings a PostgreSQL database to the present schema, once however many processes start, while others serve.

Alembic is imported only where there is something to migrate.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from gateway.ports.errors import SetupError
from gateway.storage.migrations import HEAD, folder
from gateway.storage.postgresql import collation  # noqa: F401 - texts are to compare byte by byte
from gateway.storage.revisions import Step, require_present, step_for
from gateway.storage.tables import creation

__all__ = ["migrate", "revision_of", "upgrade"]

_KEY = 0x746D_6667_0001  # of the advisory lock: one process migrates
_TURN_SECONDS = 600.0
_LOOK_SECONDS = 0.1
_CONNECT_SECONDS = 5.0
_MOST_ATTEMPTS = 40
_PATIENT = {
    "application_name": "tmf-gateway upgrade",
    # A change of a table waits no longer than this for its lock, since everybody queues behind it; it tries again.
    "lock_timeout": "2s",
}


async def upgrade(url: str, *, change: bool = True) -> None:
    """Make or change the tables as needed, or see that it is not needed. Raises SetupError, asyncpg's errors.

    Several processes may try at once.
    """
    raw = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, server_settings=_PATIENT)
    try:
        step = await _step(raw)
        if not change:
            require_present(step)
        if step is Step.NOTHING or not change:
            return
        async with _turn(raw):
            step = await _step(raw)  # another process may have been quicker
            if step is Step.CREATE:
                async with raw.transaction():
                    for text in creation(dialect()):  # type: ignore[no-untyped-call]
                        await raw.execute(text)
            elif step is Step.MIGRATE:
                await migrate(url, HEAD)
    finally:
        await raw.close()


async def revision_of(raw: Any) -> tuple[str | None, str | None]:
    """Return the schema's revision, None where it has none, and the oldest release that it serves."""
    return await _one(raw, "alembic_version", "version_num"), await _one(raw, "schema_support", "oldest")


async def migrate(url: str, target: str) -> None:
    """Run Alembic's migrations up to a revision, each in a transaction of its own. Raises asyncpg's errors."""
    # Imported here: a start that migrates nothing need not pay for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))

    async def connect() -> Any:
        return await asyncpg.connect(url, timeout=_CONNECT_SECONDS, server_settings=_PATIENT)

    def run(connection: Any) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, target)

    for attempt in range(1, _MOST_ATTEMPTS + 1):
        engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                await connection.run_sync(run)
                await connection.commit()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in {"55P03", "40P01"} or attempt == _MOST_ATTEMPTS:
                raise SetupError(
                    f"the database's schema could not be changed ({error.orig})",
                    "look at the database's log, then start again: what was done so far is kept",
                ) from error
        else:
            return
        finally:
            await engine.dispose()
        await asyncio.sleep(min(0.05 * attempt, 1.0))  # whoever waited behind us goes first


@asynccontextmanager
async def _turn(raw: Any) -> AsyncIterator[None]:
    # Asked for again and again and not waited for: an index that is made beside the writes would wait for the waiting.
    give_up = time.monotonic() + _TURN_SECONDS
    while not await raw.fetchval("SELECT pg_try_advisory_lock($1)", _KEY):
        if time.monotonic() > give_up:
            raise SetupError("another process has been changing the schema for long", "find it, or start again later")
        await asyncio.sleep(_LOOK_SECONDS)
    try:
        yield
    finally:
        if not raw.is_closed():
            await raw.execute("SELECT pg_advisory_unlock($1)", _KEY)


async def _step(raw: Any) -> Step:
    found, oldest = await revision_of(raw)
    text = "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace LIMIT 1"
    is_empty = found is None and await raw.fetchval(text) is None
    return step_for(found, oldest, is_empty=is_empty)


async def _one(raw: Any, table: str, column: str) -> str | None:
    if await raw.fetchval("SELECT to_regclass($1)", table) is None:
        return None
    found: str | None = await raw.fetchval(f"SELECT {column} FROM {table}")  # noqa: S608 - our own words
    return found

"""All calls to template, as rows in its tables. Nothing else in the package knows how it is reached."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, TableClause, column, create_engine, insert, select, table, text, update
from sqlalchemy.exc import SQLAlchemyError

from adapters.sdk.recording import through
from adapters.sdk.rows import reading
from adapters.template.transports.sql.faults import error_for
from adapters.template.transports.sql.settings import TemplateSettings
from gateway.ports.errors import Unreadable
from gateway.ports.lease import check_may_send

__all__ = ["TemplateClient"]

_SYSTEM = "template"
_ASKED = "wanted"
"""The column in which a status is asked for. While it stands there, the row has no status that counts."""
T = TypeVar("T")


class TemplateClient:
    """One pool of connections; each call is one transaction, in a thread of its own, for drivers of every kind.

    Every method raises an AdapterError where the database did not do what was asked.
    """

    def __init__(self, settings: TemplateSettings) -> None:
        self._engine = _engine(settings)

    async def find(self, kind: str, **by: str) -> list[dict[str, Any]]:
        """Return the rows of a kind whose members are so, oldest first. Changes nothing."""
        rows: list[dict[str, Any]] = await through(
            f"find {kind}", by, lambda: self._run(lambda connection: _found(connection, kind, by))
        )
        return reading(rows, kind)

    async def make(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Write one row and return it as it stands. Look first: written twice, there are two."""
        said = {name: value for name, value in row.items() if value != ""}

        def work(connection: Connection) -> dict[str, Any]:
            connection.execute(insert(_table(kind, said)).values(said))
            there = _found(connection, kind, said)
            if not there:
                raise Unreadable(f"{_SYSTEM} does not show the {kind} that was written", "")
            return there[-1]

        made: dict[str, Any] = await through(f"make {kind}", said, lambda: self._run(work, changes=True))
        return reading(made, kind)

    async def change(self, kind: str, key: str, **to: str) -> None:
        """Change members of one row. A status is asked for in a column of its own: the system sets it itself."""
        said = {_ASKED if name == "status" else name: value for name, value in to.items()}

        def work(connection: Connection) -> None:
            known = _table(kind, {**said, "id": key})
            connection.execute(update(known).where(known.c.id == key).values(said))

        await through(f"change {kind} {key}", said, lambda: self._run(work, changes=True))

    async def health(self) -> str:
        """Return one line on the system's health."""
        await self._run(lambda connection: connection.execute(text("SELECT 1")).scalar())
        return f"{_SYSTEM}'s database answers"

    async def close(self) -> None:
        """Release connections."""
        await asyncio.to_thread(self._engine.dispose)

    async def _run(self, work: Callable[[Connection], T], *, changes: bool = False) -> T:
        if changes:
            check_may_send()
        return await asyncio.to_thread(_transaction, self._engine, work)


def _transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do a piece of work whole or not at all. What fails before the commit was not sent."""
    is_ending = False
    try:
        with engine.connect() as connection:
            done = work(connection)
            is_ending = True
            connection.commit()
            return done
    except (SQLAlchemyError, OSError) as error:
        raise error_for(error, is_ending=is_ending) from error


def _engine(settings: TemplateSettings) -> Engine:
    url = settings.database.get_secret_value()
    waits = {"timeout": settings.wait_seconds} if url.startswith("sqlite") else {}
    return create_engine(
        url, pool_pre_ping=True, pool_timeout=settings.wait_seconds, hide_parameters=True, connect_args=waits
    )


def _table(kind: str, members: Mapping[str, Any]) -> TableClause:
    return table(kind, *map(column, members))


def _found(connection: Connection, kind: str, by: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = _table(kind, by)
    wanted = select(text("*")).select_from(known).where(*(known.c[name] == value for name, value in by.items()))
    return [_row(row) for row in connection.execute(wanted).mappings()]


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    said = {str(name): str(value) for name, value in row.items() if value is not None}
    is_asked = said.pop(_ASKED, "")
    return said | {"status": ""} if is_asked else said

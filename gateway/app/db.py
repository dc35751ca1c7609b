"""`tmf-gateway db …`: what an operator does with the store itself."""

from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from gateway.app.settings import Settings
from gateway.ports.errors import SetupError, StoreUnavailable
from gateway.storage.backup import back_up, restore
from gateway.storage.checkup import check_up
from gateway.storage.database import Database
from gateway.storage.migrations import HEAD

__all__ = ["back_up_store", "check_store", "restore_store", "upgrade_store"]


async def upgrade_store(url: str | None) -> int:
    """Make or change the tables."""
    database = await Database.open(_address(url))
    revision = await _revision(database)
    await database.close()
    Console().print(f"the schema is at {revision}" + ("" if revision == HEAD else f"; this release made {HEAD}"))
    return 0


async def check_store(url: str | None, *, as_json: bool) -> int:
    """Look whether the store hangs together; 1 where it does not."""
    database = await Database.open(_address(url), upgrade=False)
    try:
        found, revision = await check_up(database), await _revision(database)
    except StoreUnavailable as error:
        raise SetupError(error.reason, error.fix) from error
    finally:
        await database.close()
    if as_json:
        said = {
            "database": database.dialect,
            "revision": revision,
            "newest": HEAD,
            "sound": found.is_sound,
            "rows": found.counts,
            "offences": found.offences,
            "damage": found.damage,
        }
        print(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())  # noqa: T201
        return 0 if found.is_sound else 1
    console = Console(highlight=False)
    table = Table("table", "rows")
    for name, count in sorted(found.counts.items()):
        if count:
            table.add_row(name, str(count))
    console.print(table)
    console.print(f"{database.dialect}, schema {revision}" + ("" if revision == HEAD else f" (this release: {HEAD})"))
    for line in found.damage:
        console.print(f"[red]damaged[/red]: {line}")
    for offence, places in found.offences.items():
        console.print(f"[red]{offence}[/red]: {', '.join(places)}")
    if found.is_sound:
        console.print("all of it hangs together")
    return 0 if found.is_sound else 1


async def back_up_store(url: str | None, file: Path) -> int:
    """Write a backup while others serve."""
    database = await Database.open(_address(url), upgrade=False)
    try:
        if await _revision(database) != HEAD:
            raise SetupError("the database has the schema of another release", "back it up with that release")
        counts = await back_up(database, file)
    finally:
        await database.close()
    Console().print(f"{sum(counts.values())} rows of {sum(map(bool, counts.values()))} tables are in {file}")
    return 0


async def restore_store(url: str | None, file: Path) -> int:
    """Fill an empty store from a backup."""
    database = await Database.open(_address(url))
    try:
        counts = await restore(database, file)
        found = await check_up(database)
    finally:
        await database.close()
    Console().print(f"{sum(counts.values())} rows of {sum(map(bool, counts.values()))} tables are restored")
    for offence, places in found.offences.items():
        Console().print(f"[red]{offence}[/red]: {', '.join(places)}")
    return 0 if found.is_sound else 1


def _address(url: str | None) -> str:
    return url if url is not None else Settings().database


async def _revision(database: Database) -> str:
    text = "SELECT version_num FROM alembic_version"
    rows = await database.read(lambda conn: conn.cursor.execute(text).fetchall())
    return str(rows[0][0]) if rows else "none"

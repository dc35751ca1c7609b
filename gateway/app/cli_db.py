"""`tmf-gateway db`: the store itself."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["db_app"]

db_app = typer.Typer(help="The store itself: schema, check, backup.", no_args_is_help=True)

Database = Annotated[
    str | None,
    typer.Option(
        help="sqlite:///FILE or postgresql://USER@HOST/DATABASE; else TMF_GATEWAY_DATABASE, else the default."
    ),
]


@db_app.command("upgrade")
def db_upgrade(database: Database = None) -> None:
    """Make the tables, or bring them to this release's schema. The release before may serve meanwhile."""
    from gateway.app.db import upgrade_store  # noqa: PLC0415 - keeps --help quick

    raise typer.Exit(asyncio.run(upgrade_store(database)))


@db_app.command("check")
def db_check(
    database: Database = None,
    json: Annotated[bool, typer.Option("--json", help="Print what is found as data.")] = False,
) -> None:
    """Look whether what is stored hangs together. Ends with 1 where it does not. Changes nothing."""
    from gateway.app.db import check_store  # noqa: PLC0415

    raise typer.Exit(asyncio.run(check_store(database, as_json=json)))


@db_app.command("backup")
def db_backup(
    file: Annotated[Path, typer.Argument(help="A new file, such as orders.backup.gz.")],
    database: Database = None,
) -> None:
    """Write all of one moment into a file, while gateways serve. It can be restored to either kind of database."""
    from gateway.app.db import back_up_store  # noqa: PLC0415

    raise typer.Exit(asyncio.run(back_up_store(database, file)))


@db_app.command("restore")
def db_restore(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    database: Database = None,
) -> None:
    """Fill an empty database from a backup, all of it or nothing."""
    from gateway.app.db import restore_store  # noqa: PLC0415

    raise typer.Exit(asyncio.run(restore_store(database, file)))

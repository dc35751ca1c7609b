"""`tmf-gateway identities`: which legacy object is which of ours."""

import asyncio
from typing import Annotated

import typer

__all__ = ["identities_app"]

identities_app = typer.Typer(help="Which object of a legacy system is which of ours.", no_args_is_help=True)

Url = Annotated[str, typer.Option(help="A running gateway.")]


@identities_app.callback()
def identities() -> None:
    """Which object of a legacy system is which of ours."""


@identities_app.command("find")
def identities_find(
    legacy_id: Annotated[str | None, typer.Argument(help="What a legacy system calls it, to the letter.")] = None,
    system: Annotated[str | None, typer.Option(help="Only what that system names.")] = None,
    scheme: Annotated[str | None, typer.Option(help="Only that scheme: ticket, serial, E.164 …")] = None,
    our_id: Annotated[str | None, typer.Option("--id", help="Only what is that object of ours.")] = None,
    order: Annotated[str | None, typer.Option(help="Only what was named for that order.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only things of that kind: service, bill, device …")] = None,
    at: Annotated[str | None, typer.Option(help="Only what held at that instant: 2026-03-01T09:00:00Z.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print them as data.")] = False,
    url: Url = "http://127.0.0.1:8080",
) -> None:
    """Find identities in a running gateway. Ends with 1 where none is found."""
    from gateway.app.asking import find_identities  # noqa: PLC0415 - keeps --help quick

    said = {"legacyId": legacy_id, "system": system, "scheme": scheme, "id": our_id, "order": order, "kind": kind}
    wanted = {name: value for name, value in {**said, "at": at, "limit": str(limit)}.items() if value is not None}
    raise typer.Exit(asyncio.run(find_identities(url, wanted, as_json=json)))

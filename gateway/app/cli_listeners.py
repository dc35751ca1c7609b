"""`tmf-gateway listeners …`: how listeners fare, and what other systems told the gateway, on a running gateway."""

import asyncio
from typing import Annotated

import typer

from gateway.app.options import URL, Json, Url

__all__ = ["listeners_app"]

listeners_app = typer.Typer(
    help="Who is notified and how they fare; sending again; what others told the gateway.", no_args_is_help=True
)


@listeners_app.command("list")
def list_listeners(limit: Annotated[int, typer.Option(min=1)] = 100, url: Url = URL, json: Json = False) -> None:
    """List listeners. Ends with 1 where one is failing or parked."""
    from gateway.app.listeners import print_listeners  # noqa: PLC0415 - keeps --help quick

    raise typer.Exit(asyncio.run(print_listeners(url, limit, as_json=json)))


@listeners_app.command("redeliver")
def redeliver(
    listener: Annotated[str, typer.Argument(help="Identifier of a registration.")],
    since: Annotated[str | None, typer.Option("--from", help="An instant: 2026-03-01T09:00:00Z.")] = None,
    event: Annotated[str | None, typer.Option("--from-event", help="An event to begin with.")] = None,
    url: Url = URL,
    json: Json = False,
) -> None:
    """Send a listener what it is owed, or everything from an instant or an event on."""
    from gateway.app.listeners import ask_redelivery  # noqa: PLC0415

    said = {"from": since, "fromEvent": event}
    body = {name: value for name, value in said.items() if value is not None}
    asyncio.run(ask_redelivery(url, listener, body, as_json=json))


@listeners_app.command("event")
def show_event(
    event: Annotated[str, typer.Argument(help="Identifier of an event.")], url: Url = URL, json: Json = False
) -> None:
    """Show an event and who took it."""
    from gateway.app.listeners import print_event  # noqa: PLC0415

    asyncio.run(print_event(url, event, as_json=json))


@listeners_app.command("heard")
def list_heard(
    status: Annotated[str | None, typer.Option(help="stored, claimed, held or unclaimed.")] = None,
    again: Annotated[str | None, typer.Option(help="Have the adapters look at this one again first.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    url: Url = URL,
    json: Json = False,
) -> None:
    """List what other systems told the gateway, the newest first."""
    from gateway.app.listeners import print_heard  # noqa: PLC0415

    asyncio.run(print_heard(url, status, again, limit, as_json=json))

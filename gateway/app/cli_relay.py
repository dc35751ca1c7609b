"""`tmf-gateway relay …`: events published once more, and messages that could not be taken, on a running gateway."""

from typing import Annotated

import typer

from gateway.app.options import URL, Json, Reason, Url, Who

__all__ = ["relay_app"]

relay_app = typer.Typer(
    help="The event backbone: events published once more, and messages that could not be taken.", no_args_is_help=True
)

Letter = Annotated[str, typer.Argument(help="Identifier of the message, as `relay letters` shows it.")]


@relay_app.command("replay")
def replay(
    since: Annotated[
        str | None, typer.Option("--from", help="From which instant on, as 2026-03-01T00:00:00Z; else from the first.")
    ] = None,
    order: Annotated[str | None, typer.Option(help="Only events of this order.")] = None,
    reason: Reason = "",
    who: Who = "",
    url: Url = URL,
) -> None:
    """Publish stored events once more, under their own identifiers."""
    from gateway.app.relay import replay_events  # noqa: PLC0415 - keeps --help quick

    replay_events(url, since, order, who=who, reason=reason)


@relay_app.command("letters")
def letters(
    state: Annotated[str, typer.Option(help="open or closed.")] = "open",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    url: Url = URL,
    json: Json = False,
) -> None:
    """List messages that could not be taken, the latest first."""
    from gateway.app.relay import print_letters  # noqa: PLC0415

    print_letters(url, state, limit, as_json=json)


@relay_app.command("letter")
def letter(letter_id: Letter, url: Url = URL) -> None:
    """Show one message and why it could not be taken."""
    from gateway.app.relay import print_letter  # noqa: PLC0415

    print_letter(url, letter_id)


@relay_app.command("take")
def take(letter_id: Letter, reason: Reason = "", who: Who = "", url: Url = URL) -> None:
    """Take a message once more, and close it where that succeeds."""
    from gateway.app.relay import take_letter  # noqa: PLC0415

    take_letter(url, letter_id, who=who, reason=reason)


@relay_app.command("discard")
def discard(letter_id: Letter, reason: Reason = "", who: Who = "", url: Url = URL) -> None:
    """Close a message without taking it."""
    from gateway.app.relay import discard_letter  # noqa: PLC0415

    discard_letter(url, letter_id, who=who, reason=reason)

"""`tmf-gateway streams …`: work on its way to legacy systems, what waits and why, on a running gateway."""

from typing import Annotated

import typer

from gateway.app.options import URL, Json, Reason, Url, Who

__all__ = ["streams_app"]

streams_app = typer.Typer(
    help="Work on its way to legacy systems: what waits and why, and what to do about what is parked.",
    no_args_is_help=True,
)

Lane = Annotated[str, typer.Argument(help="Name of the lane, as activation.")]
Key = Annotated[str, typer.Argument(help="Key of the stream: the order, or a listener and the order.")]
System = Annotated[str, typer.Argument(help="Name of the legacy system, as `streams systems` shows it.")]


@streams_app.command("list")
def list_streams(
    lane: Annotated[str | None, typer.Option(help="Only of this lane.")] = None,
    state: Annotated[str | None, typer.Option(help="Only parked, running, due or later.")] = None,
    key: Annotated[str | None, typer.Option(help="Only of this order.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    url: Url = URL,
    json: Json = False,
) -> None:
    """List streams that have work, those that wait for an operator first."""
    from gateway.app.streams import print_streams  # noqa: PLC0415 - keeps --help quick

    asked = {"lane": lane, "state": state, "key": key, "limit": str(limit)}
    print_streams(url, {name: value for name, value in asked.items() if value is not None}, as_json=json)


@streams_app.command("show")
def show_stream(lane: Lane, key: Key, url: Url = URL, json: Json = False) -> None:
    """Show one stream: what stands in it, what went wrong, what was done about it."""
    from gateway.app.streams import print_stream  # noqa: PLC0415

    print_stream(url, lane, key, as_json=json)


@streams_app.command("replay")
def replay(
    lane: Lane,
    key: Annotated[
        str | None, typer.Argument(help="Key of the stream; without it every parked one of the lane.")
    ] = None,
    reason: Reason = "",
    who: Who = "",
    url: Url = URL,
) -> None:
    """Try the head of a parked stream again, at once and with fresh patience."""
    from gateway.app.streams import replay_streams  # noqa: PLC0415

    replay_streams(url, lane, key, who=who, reason=reason)


@streams_app.command("skip")
def skip(
    lane: Lane,
    key: Key,
    whole: Annotated[bool, typer.Option("--whole", help="Drop all that stands in it, not the first alone.")] = False,
    reason: Reason = "",
    who: Who = "",
    url: Url = URL,
) -> None:
    """Drop work of a parked stream: it is never done."""
    from gateway.app.streams import skip_stream  # noqa: PLC0415

    skip_stream(url, lane, key, whole=whole, who=who, reason=reason)


@streams_app.command("purge")
def purge(
    older_than_days: Annotated[float, typer.Option(help="For how long a stream must have been parked.", min=0)],
    lane: Annotated[str | None, typer.Option(help="Only of this lane.")] = None,
    reason: Reason = "",
    who: Who = "",
    url: Url = URL,
) -> None:
    """Throw away what has been parked for long, and as old a history of streams and systems."""
    from gateway.app.streams import purge_streams  # noqa: PLC0415

    purge_streams(url, older_than_days, lane, who=who, reason=reason)


@streams_app.command("lanes")
def lanes(
    minutes: Annotated[int, typer.Option(help="What was done in so many minutes.", min=1, max=1440)] = 60,
    url: Url = URL,
    json: Json = False,
) -> None:
    """Count what each lane has and does."""
    from gateway.app.streams import print_lanes  # noqa: PLC0415

    print_lanes(url, minutes, as_json=json)


@streams_app.command("systems")
def systems(url: Url = URL, json: Json = False) -> None:
    """List the legacy systems: which are asked, which are down and since when."""
    from gateway.app.streams import print_systems  # noqa: PLC0415

    print_systems(url, as_json=json)


@streams_app.command("release")
def release(system: System, reason: Reason = "", who: Who = "", url: Url = URL) -> None:
    """Let one message look now whether a system is back."""
    from gateway.app.streams import tell_system  # noqa: PLC0415

    tell_system(url, system, "release", who=who, reason=reason)


@streams_app.command("stop")
def stop(system: System, reason: Reason = "", who: Who = "", url: Url = URL) -> None:
    """Ask a system nothing until it is released, as for its maintenance."""
    from gateway.app.streams import tell_system  # noqa: PLC0415

    tell_system(url, system, "stop", who=who, reason=reason)

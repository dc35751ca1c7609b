"""The command line of adapters: `tmf-gateway adapter --help`."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError

__all__ = ["adapter_app"]

adapter_app = typer.Typer(help="Adapters to legacy systems: write one, try one, list them.", no_args_is_help=True)

T = TypeVar("T")


@adapter_app.command("new")
def adapter_new(
    name: Annotated[str, typer.Argument(help="The package's name: small letters, digits, underscores.")],
    transport: Annotated[
        str | None, typer.Option(help="http, soap, sql or files; asked for where it is left out.")
    ] = None,
    role: Annotated[list[Role] | None, typer.Option(help="What the system does; may be said several times.")] = None,
    sample: Annotated[
        Path | None, typer.Option(help="One answer of the system: JSON, XML or CSV.", exists=True, dir_okay=False)
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Where to write it; a folder of that name by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Write an adapter as a package of its own, which passes its tests as it is."""
    from gateway.app.adapter_new import write_adapter  # noqa: PLC0415 - keeps --help quick

    write_adapter(name, transport, tuple(role or ()), sample, into, force=force, ask=_ask)


@adapter_app.command("try")
def adapter_try(
    name: Annotated[
        str | None, typer.Argument(help="An installed adapter; by default the role's in --landscape.")
    ] = None,
    landscape: Annotated[str | None, typer.Option(help="A landscape file, or `simulated`.")] = None,
    role: Annotated[Role | None, typer.Option(help="The role to try it in.")] = None,
    order: Annotated[
        Path | None, typer.Option(help="A TMF622 v4 order; by default a sample.", exists=True, dir_okay=False)
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE: a setting of the adapter; may be said several times.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to look after each operation.")] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="Print the steps as data.")] = False,
) -> None:
    """Send one order through one adapter and show each step. Ends with 1 where something is not well."""
    from gateway.app.adapter_try import try_adapter  # noqa: PLC0415

    tried = try_adapter(name, landscape, role, order, settings or (), seconds=seconds, as_json=json)
    raise typer.Exit(asyncio.run(tried))


@adapter_app.command("list")
def adapter_list(json: Annotated[bool, typer.Option("--json", help="Print the adapters as data.")] = False) -> None:
    """List the installed adapters: their roles, and what they declare to support."""
    from gateway.app.adapter_list import list_adapters  # noqa: PLC0415

    list_adapters(as_json=json)


def _ask(question: str, option: str, choices: Sequence[str], read: Callable[[str], T]) -> T:
    """Return an answer that can be read, after asking for it as often as it takes. Raises SetupError at the end."""
    while True:
        try:
            said = typer.prompt(f"{question} ({', '.join(choices)})", default=choices[0])
        except typer.Abort:
            raise SetupError(f"nothing is said of {option}", f"say {option} {'|'.join(choices)}") from None
        try:
            return read(said)
        except ValueError as error:
            typer.echo(f"{error}; use {', '.join(choices)}")

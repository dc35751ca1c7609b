"""`tmf-gateway agreement`: read the systems back, and see what drifted."""

import asyncio
from typing import Annotated

import typer

__all__ = ["agreement_app"]

agreement_app = typer.Typer(help="Whether what was delivered is still what runs and is charged.", no_args_is_help=True)

Url = Annotated[str, typer.Option(help="A running gateway.")]


@agreement_app.callback()
def agreement() -> None:
    """Whether what was delivered is still what runs and is charged."""


@agreement_app.command("check")
def agreement_check(
    orders: Annotated[list[str] | None, typer.Argument(help="Product orders; none: the longest neglected.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the run and the open drifts as data.")] = False,
    seconds: Annotated[float, typer.Option(help="How long to wait for the run's end.")] = 120.0,
    url: Url = "http://127.0.0.1:8080",
) -> None:
    """Read the systems back now, and list what drifted. Ends with 1 where anything is open or was not read back."""
    from gateway.app.asking import check_agreement  # noqa: PLC0415 - keeps --help quick

    raise typer.Exit(asyncio.run(check_agreement(url, orders or [], seconds, as_json=json)))

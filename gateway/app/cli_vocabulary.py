"""The command line of vocabularies: `tmf-gateway vocabulary --help`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["vocabulary_app"]

vocabulary_app = typer.Typer(help="The tables between legacy codes and ours.", no_args_is_help=True)

_File = Annotated[Path, typer.Argument(help="YAML: one document a table.", exists=True, dir_okay=False)]
_Url = Annotated[str, typer.Option(help="A running gateway.")]
_Who = Annotated[str, typer.Option(help="Who sends it.", envvar="USER")]
_Reason = Annotated[str, typer.Option(help="Why it is sent.")]


@vocabulary_app.command("check")
def vocabulary_check(
    files: Annotated[list[Path], typer.Argument(help="YAML: one document a table.", exists=True, dir_okay=False)],
    json: Annotated[bool, typer.Option("--json", help="One object a file and table.")] = False,
    at_least: Annotated[float, typer.Option(help="End with 1 where the score of all is lower, in per cent.")] = 0.0,
) -> None:
    """Check tables: what is wrong or doubtful, how much they cover, and the mutation score with its survivors."""
    from gateway.app.vocabulary import check_files  # noqa: PLC0415 - keeps --help quick

    raise typer.Exit(check_files(files, as_json=json, at_least=at_least))


@vocabulary_app.command("stage")
def vocabulary_stage(file: _File, reason: _Reason, url: _Url = "http://127.0.0.1:8080", who: _Who = "operator") -> None:
    """Let a gateway check a corrected table and keep it, without using it."""
    from gateway.app.vocabulary import send_file  # noqa: PLC0415

    raise typer.Exit(asyncio.run(send_file(file, url, who=who, reason=reason, adopt=False)))


@vocabulary_app.command("adopt")
def vocabulary_adopt(file: _File, reason: _Reason, url: _Url = "http://127.0.0.1:8080", who: _Who = "operator") -> None:
    """Put a corrected table in use; orders that wait for a code that it has now are asked again."""
    from gateway.app.vocabulary import send_file  # noqa: PLC0415

    raise typer.Exit(asyncio.run(send_file(file, url, who=who, reason=reason, adopt=True)))

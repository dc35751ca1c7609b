"""Options that commands which talk to a running gateway have in common."""

from typing import Annotated

import typer

__all__ = ["URL", "Json", "Reason", "Url", "Who"]

Url = Annotated[str, typer.Option(help="Where the gateway runs.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as data.")]
Who = Annotated[str, typer.Option(help="Who does it.", envvar="USER")]
Reason = Annotated[str, typer.Option(help="Why. It is kept.")]

URL = "http://127.0.0.1:8080"

"""The command line of the contract kit: `tmf-gateway contract run`. It starts pytest; the gateway imports no kit."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from gateway.ports.errors import SetupError

__all__ = ["contract_app"]

contract_app = typer.Typer(help="The contract kit: prove an adapter or a server.", no_args_is_help=True)


@contract_app.callback()
def _contract() -> None:
    """Keep `run` a command of its own."""


@contract_app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def contract_run(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="A server to test. Without it the tests in PATHS are run.")] = None,
    face: Annotated[list[str] | None, typer.Option(help="tmf641-v4 and so on; may be repeated.")] = None,
    conformance: Annotated[Path | None, typer.Option(help="What the server declares not to support.")] = None,
    version: Annotated[str | None, typer.Option(help="Ask the checks of this version and older ones.")] = None,
    report: Annotated[Path, typer.Option(help="Where contract.json, .html and .xml go.")] = Path("contract-report"),
) -> None:
    """Test the adapters whose contracts stand in PATHS (here, by default), or a server at --url.

    What else is given goes to pytest: `-k once`, `-n 4`. Ends as pytest does: 0 where all passed.
    """
    raise typer.Exit(subprocess.call(_command(context.args, url, face or [], conformance, version, report)))  # noqa: S603 - our own pytest


def _command(
    further: list[str], url: str | None, faces: list[str], conformance: Path | None, version: str | None, report: Path
) -> list[str]:
    """Return the command to start. Raises SetupError where the kit is not installed or faces are not named."""
    absent = [name for name in ("contract_tests", "pytest", "pytest_asyncio", "openapi_core") if not find_spec(name)]
    if absent:
        raise SetupError(f"{', '.join(absent)} is not installed", 'pip install "tmf-gateway[contract]"')
    if (url is None) != (not faces):
        raise SetupError("a server and its faces belong together", "give --url URL and --face tmf641-v4")
    command = [sys.executable, "-m", "pytest", "--contract-report", str(report)]
    command += ["--junitxml", str(report / "contract.xml")]
    if version is not None:
        command += ["--contract-version", version]
    if conformance is not None:
        command += ["--contract-conformance", str(conformance)]
    if url is not None:
        command += ["--pyargs", "contract_tests", "--contract-url", url]
        command += [part for face in faces for part in ("--contract-face", face)]
    return command + further

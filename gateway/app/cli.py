"""The command line: `tmf-gateway --help`."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from gateway.app import cli_rules
from gateway.app.cli_adapter import adapter_app
from gateway.app.cli_agreement import agreement_app
from gateway.app.cli_contract import contract_app
from gateway.app.cli_db import db_app
from gateway.app.cli_exceptions import exceptions_app
from gateway.app.cli_identities import identities_app
from gateway.app.cli_listeners import listeners_app
from gateway.app.cli_relay import relay_app
from gateway.app.cli_streams import streams_app
from gateway.app.cli_vocabulary import vocabulary_app
from gateway.app.settings import Settings
from gateway.ports.errors import GatewayError, SetupError

__all__ = ["app", "main"]

app = typer.Typer(
    name="tmf-gateway",
    help="TM Forum Open APIs in front, legacy OSS/BSS behind, shared meaning in between.\n\n"
    "Start with `tmf-gateway demo`: a simulated working day of orders, twelve of them wrong in ways no schema sees.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
rules_app = typer.Typer(help="The semantic rules: what is checked at which gate.", no_args_is_help=True)
landscape_app = typer.Typer(help="The legacy systems behind the gateway.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")
rules_app.add_typer(cli_rules.app)
app.add_typer(landscape_app, name="landscape")
app.add_typer(adapter_app, name="adapter")
app.add_typer(exceptions_app, name="exceptions")
app.add_typer(vocabulary_app, name="vocabulary")
app.add_typer(identities_app, name="identities")
app.add_typer(agreement_app, name="agreement")
app.add_typer(listeners_app, name="listeners")
app.add_typer(streams_app, name="streams")
app.add_typer(db_app, name="db")
app.add_typer(relay_app, name="relay")
app.add_typer(contract_app, name="contract")

_error = Console(stderr=True, highlight=False)

Host = Annotated[str, typer.Option(help="Address to bind to; loopback only while no authentication is configured.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")]
Database = Annotated[
    str, typer.Option(help="Where everything is kept: sqlite:///FILE or postgresql://USER@HOST/DATABASE.")
]
LandscapeName = Annotated[str, typer.Option(help="A landscape file, or `simulated` for the embedded one.")]
Workers = Annotated[int, typer.Option(help="Pieces of work of each lane at once; 0 serves the faces only.")]
Pace = Annotated[float, typer.Option(help="Every delay of a simulated system is multiplied by this.")]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help="strict or permissive; by default what the landscape says.")
]
RuleSetFile = Annotated[Path | None, typer.Option(help="A rule set whose site rules are included.", exists=True)]
LogLevel = Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR; log lines are JSON on standard error.")]


def main() -> None:
    """Run the command line. A bad setting, document, landscape or vocabulary ends it with status 2."""
    try:
        ended_with = app(standalone_mode=False)
    except SetupError as error:
        _error.print(f"[red]tmf-gateway does not start[/red]: {error.reason}", soft_wrap=True)
        _error.print(f"Fix: {error.fix}", soft_wrap=True)
        sys.exit(2)
    except GatewayError as error:
        _error.print(str(error), soft_wrap=True)
        sys.exit(1)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        usage = getattr(error, "show", None)  # typer's own usage errors know how to show themselves
        if usage is None:
            raise
        usage()
        sys.exit(getattr(error, "exit_code", 2))
    sys.exit(ended_with if isinstance(ended_with, int) else 0)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    landscape: LandscapeName = "simulated",
    database: Database = "sqlite:///tmf-gateway.sqlite",
    workers: Workers = 16,
    pace: Pace = 1.0,
    profile: ProfileName = None,
    log_level: LogLevel = "WARNING",
) -> None:
    """Serve the faces and do the work behind them, in one process."""
    from gateway.app import serve as server  # noqa: PLC0415 - keeps --help quick

    settings = _settings(
        host=host, port=port, landscape=landscape, database=database, workers=workers, pace=pace, log_level=log_level,
        **_given(profile=profile),
    )  # fmt: skip
    server.configure_logging(settings.log_level)
    _run(lambda stop: server.serve(settings, stop))


@app.command()
def worker(
    landscape: LandscapeName = "simulated",
    database: Database = "sqlite:///tmf-gateway.sqlite",
    workers: Workers = 16,
    pace: Pace = 1.0,
    profile: ProfileName = None,
    log_level: LogLevel = "WARNING",
    port: Annotated[int | None, typer.Option(help="Answer there whether it is well; 0 takes a free port.")] = None,
) -> None:
    """Do the work only; faces are served by another process on the same database."""
    from gateway.app import serve as server  # noqa: PLC0415

    settings = _settings(
        landscape=landscape,
        database=database,
        workers=workers,
        pace=pace,
        log_level=log_level,
        **_given(profile=profile, port=port),
    )
    server.configure_logging(settings.log_level)
    _run(lambda stop: server.work_only(settings, stop, has_port=port is not None))


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="A JSON body.", exists=True, dir_okay=False)],
    face: Annotated[str, typer.Option(help="tmf622-v4, tmf622-v5, tmf641-v4 or tmf641-v5.")] = "tmf622-v4",
    url: Annotated[
        str | None, typer.Option(help="A running gateway; without it one is started for this order.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for its end and show each fact and verdict.")] = False,
    seconds: Annotated[float, typer.Option(help="How long to follow.")] = 60.0,
) -> None:
    """Send an order from a file. Ends with 1 where it is refused, held or not at its end in time."""
    from gateway.app.submit import submit_file  # noqa: PLC0415

    raise typer.Exit(asyncio.run(submit_file(file, face, url, follow=follow, seconds=seconds)))


@app.command()
def demo(
    json: Annotated[bool, typer.Option("--json", help="Print the results as data.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end.")] = False,
    port: Port = 0,
    pace: Pace = 1.0,
    landscape: Annotated[
        str, typer.Option(help="`simulated`, or `real`: Tryton, Request Tracker and FreeRADIUS, where installed.")
    ] = "simulated",
) -> None:
    """A working day: every kind of order, and twelve disagreements that pass every schema."""
    from gateway.app.demo.run import run_demo  # noqa: PLC0415

    raise typer.Exit(asyncio.run(run_demo(as_json=json, keep=keep, port=port, pace=pace, landscape=landscape)))


@rules_app.command("list")
def rules_list(
    json: Annotated[bool, typer.Option("--json", help="Print the rules as data.")] = False,
    rules: RuleSetFile = None,
) -> None:
    """List every rule with its gate and severity."""
    from gateway.app.rules import list_rules  # noqa: PLC0415

    list_rules(as_json=json, rule_set=rules)


@rules_app.command("explain")
def rules_explain(code: Annotated[str, typer.Argument(help="Such as BLD-003.")], rules: RuleSetFile = None) -> None:
    """Say what a rule checks, why, what passes, what fails, and how to fix it."""
    from gateway.app.rules import explain_rule  # noqa: PLC0415

    raise typer.Exit(explain_rule(code, rules))


@rules_app.command("check")
def rules_check(
    files: Annotated[
        list[Path], typer.Argument(help="Trace documents: .json, or .jsonl with one a line.", exists=True)
    ],
    json: Annotated[bool, typer.Option("--json", help="One answer a line.")] = False,
    fail_on: Annotated[str | None, typer.Option(help="hold or reject: end with 1 where a gate says so.")] = None,
    rules: RuleSetFile = None,
) -> None:
    """Judge trace documents: what each gate would say, and every finding with path and remedy."""
    from gateway.app.trace_check import check_files  # noqa: PLC0415

    raise typer.Exit(check_files(files, as_json=json, fail_on=fail_on, rule_set=rules))


@landscape_app.command("simulate")
def landscape_simulate(
    file: Annotated[
        Path, typer.Argument(help="Where to write the landscape that leads to the systems.", dir_okay=False)
    ],
    landscape: LandscapeName = "simulated",
    folder: Annotated[Path, typer.Option(help="Where the systems keep their stores.")] = Path("tmf-gateway.landscape"),
    pace: Pace = 1.0,
) -> None:
    """Run a landscape's simulated systems for any number of gateways and workers, until told to stop."""
    from gateway.app.simulate import simulate  # noqa: PLC0415

    _run(lambda stop: simulate(landscape, file, folder, pace, stop))


@landscape_app.command("check")
def landscape_check(landscape: Annotated[str, typer.Argument(help="A landscape file, or `simulated`.")]) -> None:
    """Check a landscape: its file, catalogue and vocabularies, and whether each legacy system answers."""
    from gateway.app.check import check_landscape  # noqa: PLC0415

    raise typer.Exit(asyncio.run(check_landscape(landscape)))


def _settings(**said: object) -> Settings:
    try:
        return Settings(**said)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SetupError(f"{name}: {first['msg']}", "see tmf-gateway serve --help") from None


def _given(**said: object) -> dict[str, object]:
    """Return what was said on the command line; what was not is left to the environment."""
    return {name: value for name, value in said.items() if value is not None}


def _run(main_task: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run until SIGINT or SIGTERM, then let what is running end."""

    async def body() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await main_task(stop)

    import uvloop  # noqa: PLC0415

    uvloop.run(body())

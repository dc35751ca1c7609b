"""`tmf-gateway rules diff | check-site | project | stage | activate | suggest`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as data.")]
Url = Annotated[str, typer.Option(help="A running gateway.")]
RuleSetPath = Annotated[Path, typer.Argument(help="A rule set: a file, or a folder with rules.yaml.", exists=True)]
Who = Annotated[str, typer.Option(help="Who does this.", envvar="USER")]


@app.command("diff")
def rules_diff(old: RuleSetPath, new: RuleSetPath, json: AsJson = False) -> None:
    """Say how two rule sets differ: what is added, removed, tightened, loosened, changed."""
    from gateway.app.rule_sets import print_difference  # noqa: PLC0415 - keeps --help quick

    raise typer.Exit(print_difference(old, new, as_json=json))


@app.command("check-site")
def rules_check_site(
    files: Annotated[list[Path], typer.Argument(help="Site rules, rule sets, or folders of them.", exists=True)],
    json: AsJson = False,
) -> None:
    """Say everything that is wrong with site rules, with line and column. Ends with 1 where anything is."""
    from gateway.app.rule_sets import check_site_rules  # noqa: PLC0415

    raise typer.Exit(check_site_rules(files, as_json=json))


@app.command("project")
def rules_project(
    rules: RuleSetPath,
    traces: Annotated[list[Path], typer.Argument(help="Trace documents: .json, or .jsonl.", exists=True)],
    rule: Annotated[list[str] | None, typer.Option(help="A rule; by default those on trial.")] = None,
    json: AsJson = False,
) -> None:
    """Say how many of the traces each rule would hold if it were enforced, with the 95 % interval."""
    from gateway.app.rule_sets import project_rules  # noqa: PLC0415

    raise typer.Exit(project_rules(rules, traces, tuple(rule or ()), as_json=json))


@app.command("stage")
def rules_stage(file: RuleSetPath, who: Who, url: Url = "http://127.0.0.1:8080", json: AsJson = False) -> None:
    """Stage a rule set at a running gateway: what would change, and for which orders."""
    from gateway.app.rule_sets import stage_rules  # noqa: PLC0415

    raise typer.Exit(asyncio.run(stage_rules(file, who, url, as_json=json)))


@app.command("activate")
def rules_activate(
    what: Annotated[str, typer.Argument(help="The number of a staged rule set, or a file to stage first.")],
    who: Who,
    url: Url = "http://127.0.0.1:8080",
    force: Annotated[bool, typer.Option("--force", help="Although orders would be newly held.")] = False,
    reason: Annotated[str, typer.Option(help="Why; required with --force.")] = "",
    json: AsJson = False,
) -> None:
    """Put a rule set into force at a running gateway. Ends with 1 where it would newly hold orders."""
    from gateway.app.rule_sets import activate_rules  # noqa: PLC0415

    raise typer.Exit(asyncio.run(activate_rules(what, who, url, force=force, reason=reason, as_json=json)))


@app.command("suggest")
def rules_suggest(
    group: Annotated[Path, typer.Argument(help="An exception group as JSON.", exists=True, dir_okay=False)],
    code: Annotated[str, typer.Option(help="The code of the rule to write.")] = "SITE-900",
    json: AsJson = False,
) -> None:
    """Say the earliest gate at which the facts of a group were known, and write a site rule that asks there."""
    from gateway.app.rule_sets import suggest_rule  # noqa: PLC0415

    raise typer.Exit(suggest_rule(group, code, as_json=json))

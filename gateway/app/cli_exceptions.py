"""`tmf-gateway exceptions …`: what holds orders, mended group by group, on a running gateway."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.app.options import URL, Json, Url, Who

__all__ = ["exceptions_app"]

exceptions_app = typer.Typer(
    help="What holds orders, in groups of one cause: see, mend, replay, and whether they become fewer.",
    no_args_is_help=True,
)

Group = Annotated[str, typer.Argument(help="Fingerprint of a group, or its first eight digits or more.")]


@exceptions_app.command("list")
def list_groups(
    status: Annotated[str | None, typer.Option(help="open, fix-staged, replaying, verified or closed.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only of this owner; empty for nobody's.")] = None,
    gate: Annotated[str | None, typer.Option(help="Only of this gate.")] = None,
    fault_class: Annotated[str | None, typer.Option("--class", help="Only of this class of fault.")] = None,
    sort: Annotated[str, typer.Option(help="money, count or age: what comes first.")] = "money",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    url: Url = URL,
    json: Json = False,
) -> None:
    """List groups of exceptions, those with most at stake first."""
    from gateway.app.exceptions import print_groups  # noqa: PLC0415 - keeps --help quick

    asked = {"status": status, "owner": owner, "gate": gate, "class": fault_class, "sort": sort, "limit": str(limit)}
    print_groups(url, {name: value for name, value in asked.items() if value is not None}, as_json=json)


@exceptions_app.command("show")
def show_group(group: Group, url: Url = URL, json: Json = False) -> None:
    """Show a group: what it is, whom it holds, what was done about it."""
    from gateway.app.exceptions import print_group  # noqa: PLC0415

    print_group(url, group, as_json=json)


@exceptions_app.command("export")
def export_group(
    group: Group,
    members: Annotated[int, typer.Option(help="How many members at most.", min=1, max=1000)] = 50,
    url: Url = URL,
) -> None:
    """Print a group as data, each member with its facts and decisions: what `rules suggest` reads."""
    from gateway.app.exceptions import export  # noqa: PLC0415

    export(url, group, members)


@exceptions_app.command("stage")
def stage_fix(
    group: Group,
    vocabulary: Annotated[
        list[Path] | None, typer.Option(help="A corrected vocabulary; repeat it for several.", exists=True)
    ] = None,
    rule_set: Annotated[Path | None, typer.Option(help="A corrected rule set.", exists=True, dir_okay=False)] = None,
    policy: Annotated[list[str] | None, typer.Option(help="A parameter, as rateTolerancePercent=12.")] = None,
    reason: Annotated[str, typer.Option(help="Why it is right.")] = "",
    who: Who = "",
    url: Url = URL,
) -> None:
    """Stage a fix for a group. Nothing changes for any order yet."""
    from gateway.app.exceptions import stage  # noqa: PLC0415

    stage(url, group, vocabulary or [], policy or [], rule_set=rule_set, who=who, reason=reason)


@exceptions_app.command("shadow")
def shadow_replay(
    group: Group,
    sample: Annotated[int, typer.Option(help="How many healthy orders to look at.", min=0, max=1000)] = 50,
    seed: Annotated[int | None, typer.Option(help="Draws the same sample again.", min=0)] = None,
    url: Url = URL,
    json: Json = False,
) -> None:
    """Show what the staged fix would do. Ends with 1 where it would break a healthy order."""
    from gateway.app.exceptions import shadow  # noqa: PLC0415

    raise typer.Exit(shadow(url, group, sample, seed, as_json=json))


@exceptions_app.command("replay")
def replay_group(
    group: Group,
    force: Annotated[str | None, typer.Option(help="Why, although the shadow replay warns.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for its end and show how far it is.")] = False,
    who: Who = "",
    url: Url = URL,
) -> None:
    """Put the fix in use and replay the group. Followed, it ends with 1 where members are still held."""
    from gateway.app.exceptions import replay  # noqa: PLC0415

    raise typer.Exit(replay(url, group, who=who, force=force, follow=follow))


@exceptions_app.command("close")
def close_group(
    group: Group,
    reason: Annotated[str | None, typer.Option(help="Why, where no replay has verified it.")] = None,
    who: Who = "",
    url: Url = URL,
) -> None:
    """Close a group with its proof."""
    from gateway.app.exceptions import close  # noqa: PLC0415

    close(url, group, who=who, reason=reason)


@exceptions_app.command("growth")
def show_growth(url: Url = URL, json: Json = False) -> None:
    """Show whether exceptions grow slower than orders do, and how well orders go."""
    from gateway.app.exceptions import print_growth  # noqa: PLC0415

    print_growth(url, as_json=json)

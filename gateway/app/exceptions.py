"""What `tmf-gateway exceptions …` does: talks to a running gateway and prints what it answers."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gateway.app.asking_gateway import ask, print_json
from gateway.canonical.money import Money
from gateway.ports.errors import SetupError

__all__ = ["close", "export", "print_group", "print_groups", "print_growth", "replay", "shadow", "stage"]

_ask = partial(ask, seconds=600.0)  # a shadow replay takes long
_LOOK_SECONDS = 0.5
_SHORT = 12
_SETTLED = ("released", "held", "ended")
_SHOWN = (
    "status",
    "rule",
    "class",
    "valueClass",
    "gate",
    "earliestGate",
    "system",
    "vocabulary",
    "path",
    "offeringFamily",
    "owner",
    "suspectedCause",
    "note",
    "exceptions",
    "orders",
    "openOrders",
    "firstAt",
    "lastAt",
    "oldestOpenAt",
    "reopened",
)
_FIGURES = (
    "perThousandOrders",
    "firstTimeRightPercent",
    "autoReleasePercent",
    "meanSecondsToMend",
    "recurrenceAfterFix",
    "escapePercent",
    "foundAtBillingPercent",
    "touchesPerOrder",
)


def print_groups(url: str, asked: Mapping[str, str], *, as_json: bool) -> None:
    """Print one page of groups."""
    found = _ask(url, "GET", "/exceptions", params=asked)
    if as_json:
        print_json(found)
        return
    table = Table("group", "status", "rule", "gate", "value", "held", "at stake", "oldest", "owner", "suspected cause")
    for one in found:
        held = f"{one['openOrders']} of {one['orders']}"
        table.add_row(
            one["fingerprint"][:_SHORT],
            one["status"],
            one["rule"],
            one["gate"],
            one["valueClass"],
            held,
            _money(one["moneyAtStake"]),
            one.get("oldestOpenAt", ""),
            one.get("owner", ""),
            one.get("suspectedCause", ""),
        )
    _console().print(table)


def print_group(url: str, group: str, *, as_json: bool) -> None:
    """Print everything about one group."""
    found = _ask(url, "GET", f"/exceptions/{group}", params={"limit": "20"})
    if as_json:
        print_json(found)
        return
    console = _console()
    facts = Table(show_header=False, title=f"group {found['fingerprint']}")
    for name in _SHOWN:
        if name in found:
            facts.add_row(name, str(found[name]))
    facts.add_row("moneyAtStake", _money(found["moneyAtStake"]))
    facts.add_row("ages", ", ".join(f"{name}: {count}" for name, count in found["ages"].items()))
    if found["sharedByMembersOnly"]:
        facts.add_row("only its members", ", ".join(found["sharedByMembersOnly"]))
    console.print(facts)
    members = Table("order", "opened", "closed", "reason", title=f"{found['memberCount']} members, the oldest first")
    for one in found["members"]:
        members.add_row(one["order"], one["openedAt"], one.get("closedAt", ""), one["reason"])
    console.print(members)
    done = Table("at", "what", "who", title="what was done")
    for event in found["timeline"]:
        done.add_row(event["at"], event["what"], event.get("who", ""))
    console.print(done)
    if "replay" in found:
        console.print("replay: " + _progress(found["replay"]))


def export(url: str, group: str, members: int) -> None:
    """Print a group with the facts and decisions of its members; one refused at the door left none."""
    found = _ask(url, "GET", f"/exceptions/{group}", params={"limit": str(members)})
    orders = dict.fromkeys(one["order"] for one in found["members"] if "href" in one)
    said = []
    for order in orders:
        timeline = _ask(url, "GET", f"/orders/{quote(order, safe='')}")
        said.append({"order": order, "facts": timeline["facts"], "decisions": timeline["decisions"]})
    rule = found["rule"].partition("@")[0]
    print_json({"fingerprint": found["fingerprint"], "rule": rule, "gate": found["gate"], "members": said})


def stage(
    url: str,
    group: str,
    files: Sequence[Path],
    policy: Sequence[str],
    *,
    rule_set: Path | None = None,
    who: str,
    reason: str,
) -> None:
    """Stage a fix out of files and parameters. Raises SetupError for what cannot be read."""
    body: dict[str, Any] = {"who": who, "reason": reason}
    if files:
        body["vocabularies"] = [_text(file) for file in files]
    if rule_set is not None:
        body["ruleSet"] = _text(rule_set)
    if policy:
        body["policy"] = dict(map(_parameter, policy))
    fix = _ask(url, "POST", f"/exceptions/{group}/fix", json=body)
    _console().print(f"staged fix {fix['id']}; see what it would do with: tmf-gateway exceptions shadow {group}")


def shadow(url: str, group: str, sample: int, seed: int | None, *, as_json: bool) -> int:
    """Print what the fix would do; return 1 where it would break an order."""
    body = {"sample": sample} | ({} if seed is None else {"seed": seed})
    found = _ask(url, "POST", f"/exceptions/{group}/shadow", json=body)
    while found.get("running"):  # a large group takes its time; each request waits for a while
        found = _ask(url, "POST", f"/exceptions/{group}/shadow", json=body)
    if as_json:
        print_json(found)
    else:
        console = _console()
        console.print(
            f"{found['members']} members: {found['wouldRelease']} would be released, {found['stillHeld']} still held; "
            f"{found['control']} healthy orders looked at (seed {found['seed']})"
        )
        console.print(f"newly broken: {found['newlyBroken']}; unanswered: {found['unanswered']}")
        for one in found["orders"]:
            if one["outcome"] in {"newlyBroken", "stillHeld", "unanswered"}:
                console.print(f"{one['order']} {one['outcome']}: {one.get('detail', '')}", markup=False)
    return int(found["newlyBroken"] > 0)


def replay(url: str, group: str, *, who: str, force: str | None, follow: bool) -> int:
    """Start the replay; followed, return 1 where members are still held at its end."""
    body = {"who": who} | ({} if force is None else {"force": force})
    begun = _ask(url, "POST", f"/exceptions/{group}/replay", json=body)
    console = _console()
    console.print(f"fix {begun['fix']} is in use; {begun['enlisted']} members are enlisted")
    if not follow:
        return 0
    total = sum(begun["replay"].values())
    with Progress(console=console) as shown:
        task = shown.add_task("replaying", total=total)
        while True:
            found = _ask(url, "GET", f"/exceptions/{group}", params={"limit": "1"})
            done = sum(found["replay"][state] for state in _SETTLED)
            shown.update(task, completed=done)
            if found["status"] != "replaying":
                break
            time.sleep(_LOOK_SECONDS)
    console.print(f"the group is {found['status']}: {_progress(found['replay'])}")
    return int(found["openOrders"] > 0)


def close(url: str, group: str, *, who: str, reason: str | None) -> None:
    """Close a group."""
    body = {"who": who} | ({} if reason is None else {"reason": reason})
    found = _ask(url, "POST", f"/exceptions/{group}/close", json=body)
    _console().print(f"group {found['fingerprint'][:_SHORT]} is {found['status']}")


def print_growth(url: str, *, as_json: bool) -> None:
    """Print how exceptions grow with orders, and the other figures."""
    found = _ask(url, "GET", "/metrics/exceptions")
    if as_json:
        print_json(found)
        return
    console = _console()
    table = Table("cause", "exceptions", "β", "95 % interval", "a thousand orders now", "verdict")
    for one in [{"fingerprint": "all", **found["growth"]}, *found["growthByFingerprint"]]:
        interval = f"{one['lower']:.3f} to {one['upper']:.3f}" if "lower" in one else ""
        beta = f"{one['beta']:.3f}" if "beta" in one else ""
        rate = f"{one['perThousandNow']:.2f}" if "perThousandNow" in one else ""
        table.add_row(one["fingerprint"][:_SHORT], str(one["exceptions"]), beta, interval, rate, one["verdict"])
    console.print(f"{found['exceptions']} exceptions of {found['orders']} orders")
    console.print(table)
    figures = Table(show_header=False)
    for name in _FIGURES:
        if name in found:
            figures.add_row(name, str(found[name]))
    console.print(figures)
    console.print("β below 1 with its whole interval below 1: exceptions become rarer as volume grows")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"cannot be read ({type(error).__name__})", "name a text file", file=str(file)) from None


def _parameter(said: str) -> tuple[str, Any]:
    name, equals, value = said.partition("=")
    if not equals:
        raise SetupError(f"{said!r} is no parameter", "write it as rateTolerancePercent=12")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value


def _money(amounts: Sequence[Mapping[str, Any]]) -> str:
    said = (Money.of_minor(one["minorUnits"], one["currency"]) for one in amounts)
    return ", ".join(f"{money.amount} {money.currency}" for money in said)


def _progress(states: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _console() -> Console:
    return Console(highlight=False)

"""What `tmf-gateway streams …` does: talks to a running gateway and prints what it answers."""

from collections.abc import Mapping
from urllib.parse import quote

import orjson
from rich.table import Table

from gateway.app.asking_gateway import ask, operator_word, print_json
from gateway.app.demo.report import wide_console

__all__ = [
    "print_lanes",
    "print_stream",
    "print_streams",
    "print_systems",
    "purge_streams",
    "replay_streams",
    "skip_stream",
    "tell_system",
]

_FIGURES = ("depth", "streams", "due", "running", "retrying", "parked")


def print_streams(url: str, asked: Mapping[str, str], *, as_json: bool) -> None:
    """Print one page of streams."""
    found = ask(url, "GET", "/streams", params=asked)
    if as_json:
        print_json(found)
        return
    table = Table("lane", "key", "state", "works", "attempts", "since or due", "why", box=None)
    for one in found:
        when = one.get("parkedSince") or one.get("dueAt", "")
        why = one.get("waitsFor") or one.get("error", "")
        numbers = str(one["waiting"]), str(one["attempts"])
        table.add_row(one["lane"], one["key"], one["state"], *numbers, when, why)
    wide_console().print(table)


def print_stream(url: str, lane: str, key: str, *, as_json: bool) -> None:
    """Print everything about one stream."""
    found = ask(url, "GET", f"/streams/{quote(lane, safe='')}", params={"key": key})
    if as_json:
        print_json(found)
        return
    console = wide_console()
    for name, value in found.items():
        if name not in {"works", "actions"}:
            console.print(f"{name}: {value}", soft_wrap=True)
    works = Table("seq", "id", "content", title="what stands in it", box=None)
    for one in found.get("works", ()):
        works.add_row(str(one["seq"]), one["id"], orjson.dumps(one.get("content", {})).decode())
    console.print(works)
    for one in found.get("actions", ()):
        console.print(f"{one['at']} {one['action']} by {one['who']}: {one['reason']}", soft_wrap=True)


def replay_streams(url: str, lane: str, key: str | None, *, who: str, reason: str) -> None:
    """Replay one parked stream, or all of a lane, and say how many go on."""
    body = operator_word(who, reason) | ({} if key is None else {"key": key})
    done = ask(url, "POST", f"/streams/{quote(lane, safe='')}/replay", json=body)
    wide_console().print(f"{done['streams']} go on")


def skip_stream(url: str, lane: str, key: str, *, whole: bool, who: str, reason: str) -> None:
    """Drop work of a parked stream, and say what was dropped."""
    body = operator_word(who, reason) | {"key": key, "whole": whole}
    done = ask(url, "POST", f"/streams/{quote(lane, safe='')}/skip", json=body)
    for one in done["dropped"]:
        wide_console().print(f"dropped {one}", soft_wrap=True)


def purge_streams(url: str, older_than_days: float, lane: str | None, *, who: str, reason: str) -> None:
    """Throw away what has been parked for long, and say how much it was."""
    body = operator_word(who, reason) | {"olderThanDays": older_than_days} | ({} if lane is None else {"lane": lane})
    gone = ask(url, "POST", "/streams/purge", json=body)
    said = f"{gone['streams']} streams with {gone['works']} pieces of work, and {gone['records']} records, are gone"
    wide_console().print(said)


def print_lanes(url: str, minutes: int, *, as_json: bool) -> None:
    """Print the figures of every lane."""
    found = ask(url, "GET", "/lanes", params={"minutes": str(minutes)})
    if as_json:
        print_json(found)
        return
    table = Table("lane", *_FIGURES, "oldest due", f"done in {minutes} min", "failed", "given up", box=None)
    for one in found:
        done = (str(one[name]) for name in ("done", "failed", "givenUp"))
        figures = (str(one[name]) for name in _FIGURES)
        table.add_row(one["lane"], *figures, f"{one['oldestDueSeconds']:.0f} s", *done)
    wide_console().print(table)


def print_systems(url: str, *, as_json: bool) -> None:
    """Print every legacy system."""
    found = ask(url, "GET", "/systems")
    if as_json:
        print_json(found)
        return
    table = Table("system", "state", "since", "next look", "waiting", "lanes", "reason", box=None)
    for one in found:
        times = one.get("since", ""), one.get("nextProbeAt", "")
        waiting, lanes = str(one["waitingStreams"]), ", ".join(one["lanes"])
        table.add_row(one["name"], one["state"], *times, waiting, lanes, one.get("reason", ""))
    wide_console().print(table)


def tell_system(url: str, system: str, what: str, *, who: str, reason: str) -> None:
    """Release or stop a system, and say how it stands then."""
    found = ask(url, "POST", f"/systems/{quote(system, safe='')}/{what}", json=operator_word(who, reason))
    wide_console().print(f"{found['name']} is {found['state']}")

"""What `tmf-gateway relay …` does: talks to a running gateway and prints what it answers."""

from urllib.parse import quote

from rich.table import Table

from gateway.app.asking_gateway import ask, operator_word, print_json
from gateway.app.demo.report import wide_console

__all__ = ["discard_letter", "print_letter", "print_letters", "replay_events", "take_letter"]


def replay_events(url: str, since: str | None, order: str | None, *, who: str, reason: str) -> None:
    """Start a replay, and say which."""
    said = {"from": since, "order": order}
    body = operator_word(who, reason) | {name: value for name, value in said.items() if value is not None}
    wide_console().print(f"replay {ask(url, 'POST', '/relay/replay', json=body)['replay']} has begun")


def print_letters(url: str, state: str, limit: int, *, as_json: bool) -> None:
    """Print one page of messages that could not be taken."""
    found = ask(url, "GET", "/dead-letters", params={"state": state, "limit": str(limit)})
    if as_json:
        print_json(found)
        return
    table = Table("id", "from", "received", "state", "why", box=None)
    for one in found:
        why = f"{one['code']}: {one['reason']}"
        table.add_row(one["id"], one["source"], one["receivedAt"], one["state"], why)
    wide_console().print(table)


def print_letter(url: str, letter_id: str) -> None:
    """Print everything about one message."""
    print_json(ask(url, "GET", _path(letter_id)))


def take_letter(url: str, letter_id: str, *, who: str, reason: str) -> None:
    """Take a message once more, and say how many facts it stated."""
    taken = ask(url, "POST", f"{_path(letter_id)}/replay", json=operator_word(who, reason))
    wide_console().print(f"taken: {len(taken['facts'])} facts")


def discard_letter(url: str, letter_id: str, *, who: str, reason: str) -> None:
    """Close a message without taking it."""
    found = ask(url, "POST", f"{_path(letter_id)}/discard", json=operator_word(who, reason))
    wide_console().print(f"{found['id']} is {found['state']}")


def _path(letter_id: str) -> str:
    return f"/dead-letters/{quote(letter_id, safe='')}"

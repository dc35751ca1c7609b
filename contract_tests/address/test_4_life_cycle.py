"""Level 4: states follow each other as the API has it; a change changes what it names."""

import time
from itertools import pairwise
from typing import Any

from contract_tests.address.server import Server, body_of
from contract_tests.checks import check, require

__all__ = [
    "test_a_change_changes_what_it_names",
    "test_an_order_is_cancelled",
    "test_illegal_moves_are_refused",
    "test_moves_are_legal",
    "test_what_the_server_gives_stays",
]

_ORDERS = ("tmf622", "tmf641")
_REFUSED = frozenset({400, 409, 422})
_WAIT_SECONDS = 15.0
_PAUSE_SECONDS = 0.05


@check("LIF-1", 4, "an order begins at its beginning, and moves along the table of states", apis=_ORDERS)
def test_moves_are_legal(server: Server) -> None:
    """Moved by its client where the server lets it, else watched while it moves by itself."""
    made = server.make()
    states = [str(made.get("state"))]
    rows = [] if states[0] in {"acknowledged", "inProgress"} else [f"it begins as {states[0]}"]
    moved = server.patch(made, state="inProgress")
    until = time.monotonic() + _WAIT_SECONDS
    while len(states) < 2 and time.monotonic() < until:
        _see(server, made, states)
        time.sleep(_PAUSE_SECONDS)
    if moved.status_code == 200 and "inProgress" not in states:
        rows.append(f"the move to inProgress was answered with 200, and the order is {states[-1]}")
    elif len(states) < 2:
        rows.append(f"PATCH state=inProgress → {moved.status_code}, and it does not move by itself either")
    rows += [f"{before} → {after}" for before, after in pairwise(states) if not server.face.reaches(before, after)]
    require(test_moves_are_legal, rows)


@check("LIF-2", 4, "a move that the table does not have is refused, and nothing is changed")
def test_illegal_moves_are_refused(server: Server) -> None:
    """Of what the face is about."""
    one = server.make() if server.face.is_order else next(iter(server.listed(server.face.seen, limit=1)), None)
    if one is None:
        require(test_illegal_moves_are_refused, ["the server has no bill; give it one, so that it can be tried"])
        return
    before = server.get(server.face.seen, str(one["id"]))
    wanted = server.face.never_after(str(before["state"]))
    answer = server.patch(before, state=wanted)
    rows = []
    if answer.status_code not in _REFUSED:
        rows.append(f"{before['state']} → {wanted} → {answer.status_code}")
    after = server.get(server.face.seen, str(one["id"]))
    if not server.face.follows(str(before["state"]), str(after["state"])):
        rows.append(f"it was {before['state']}, and is {after['state']}")
    require(test_illegal_moves_are_refused, rows)


@check("LIF-3", 4, "an order is cancelled by a task, and then it is over", apis=_ORDERS)
def test_an_order_is_cancelled(server: Server) -> None:
    """The task is made, can be read, and the order ends; after that it does not move."""
    made, rows = server.make(), []
    about = server.face.seen
    body = {"cancellationReason": "contract kit", about: _reference(server, made)}
    if server.face.version == 5:
        body["@type"] = f"{(server.face.cancel or '')[:1].upper()}{(server.face.cancel or '')[1:]}"
    answer = server.ask("POST", f"/{server.face.cancel}", json=body)
    if answer.status_code not in {200, 201, 202}:
        require(test_an_order_is_cancelled, [f"the task is answered with {answer.status_code}: {answer.text[:200]}"])
    task = body_of(answer)
    read = server.get(str(server.face.cancel), str(task["id"]))
    if read.get("id") != task["id"]:
        rows.append("the task cannot be read")
    states = [str(made["state"])]
    until = time.monotonic() + _WAIT_SECONDS
    while states[-1] != "cancelled" and time.monotonic() < until:
        _see(server, made, states)
        time.sleep(_PAUSE_SECONDS)
    if states[-1] != "cancelled":
        rows.append(f"the order went {' → '.join(states)}, and was not cancelled")
    elif server.patch(made, state="inProgress").status_code not in _REFUSED:
        rows.append("a cancelled order can be moved to inProgress")
    require(test_an_order_is_cancelled, rows)


@check("LIF-4", 4, "a change changes what it names, and nothing else", apis=_ORDERS)
def test_a_change_changes_what_it_names(server: Server) -> None:
    """By a merge patch; an empty one changes nothing."""
    made = server.make()
    answer = server.patch(made, description="changed by the contract kit")
    rows = [] if answer.status_code == 200 else [f"PATCH description → {answer.status_code}: {answer.text[:200]}"]
    after = server.get(server.face.seen, str(made["id"]))
    if not rows and after.get("description") != "changed by the contract kit":
        rows.append(f"description is {after.get('description')!r}")
    kept = [server.face.items, "externalId", "relatedParty", "id", "href", server.face.stamp]
    for name in filter(None, kept):
        if name == server.face.items:
            was, now = (str([one.get("id") for one in body.get(name) or ()]) for body in (made, after))
        else:
            was, now = str(made.get(name)), str(after.get(name))
        if was != now:
            rows.append(f"{name} was {was!r}, and is {now!r}")
    require(test_a_change_changes_what_it_names, rows)


@check("LIF-5", 4, "what the server gives cannot be changed by a client")
def test_what_the_server_gives_stays(server: Server) -> None:
    """The id; refused, or left as it is."""
    one = server.make() if server.face.is_order else next(iter(server.listed(server.face.seen, limit=1)), None)
    if one is None:
        require(test_what_the_server_gives_stays, ["the server has no bill; give it one, so that it can be tried"])
        return
    answer = server.patch(one, id="another")
    rows = []
    if answer.status_code >= 500:
        rows.append(f"PATCH id → {answer.status_code}")
    if server.get(server.face.seen, str(one["id"])).get("id") != one["id"]:
        rows.append("the id was changed")
    if server.ask("GET", f"/{server.face.seen}/another").status_code == 200:
        rows.append("the resource is there under the id that the client gave")
    require(test_what_the_server_gives_stays, rows)


def _see(server: Server, made: dict[str, Any], states: list[str]) -> None:
    state = str(server.get(server.face.seen, str(made["id"])).get("state"))
    if state != states[-1]:
        states.append(state)


def _reference(server: Server, made: dict[str, Any]) -> dict[str, str]:
    name = server.face.seen[:1].upper() + server.face.seen[1:]
    extra = {"@type": f"{name}Ref"} if server.face.version == 5 else {}
    return {"id": str(made["id"]), "href": str(made["href"]), **extra}

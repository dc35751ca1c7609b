"""Level 9: lists, resources and events tell one story, also under load; and no answer of the run was undeclared."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from contract_tests.address.listener import EventListener
from contract_tests.address.server import Server
from contract_tests.checks import check, require

__all__ = [
    "test_a_list_shows_what_the_resource_shows",
    "test_an_event_shows_the_resource",
    "test_many_requests_at_once",
    "test_no_answer_was_undeclared",
]

_AT_ONCE = 8
_REQUESTS = 60


@check("AGS-1", 9, "a list shows a resource as it shows itself")
def test_a_list_shows_what_the_resource_shows(server: Server) -> None:
    """Read in between until nothing moves."""
    key, rows = str(server.make()["id"]), ["it moved in every attempt"]
    for _ in range(20):
        before = server.get(server.face.made, key)
        listed = server.listed(id=key)
        if server.get(server.face.made, key) != before:
            continue
        rows = [] if listed == [before] else [f"{name} differs" for name in _differing(before, listed)]
        break
    require(test_a_list_shows_what_the_resource_shows, rows)


@check("AGS-2", 9, "an event shows the resource as it was made", apis=("tmf622", "tmf641"))
def test_an_event_shows_the_resource(server: Server, listener: EventListener) -> None:
    """What the client was answered is what the listener is told."""
    key = server.registered(f"{listener.url}/agreement")
    made = server.make()
    kind = server.face.event("Create")
    told = listener.wait_for(
        lambda said: said.get("eventType") == kind and said["event"].get(server.face.seen, {}).get("id") == made["id"]
    )
    server.ask("DELETE", f"/hub/{key}")
    if not told:
        require(test_an_event_shows_the_resource, [f"no {kind} came"])
    shown = told[0]["event"][server.face.seen]
    differing = [name for name in made if made[name] != shown.get(name)]
    rows = [f"{name} was answered {made[name]!r}, and told {shown.get(name)!r}" for name in differing]
    require(test_an_event_shows_the_resource, rows)


@check("TOR-1", 9, "under many requests at once every answer is a proper one")
def test_many_requests_at_once(server: Server) -> None:
    """Creating, reading, listing and asking wrongly, mixed; only 503 and 429 with Retry-After may refuse."""
    key = str(server.make()["id"])

    def send(number: int) -> Any:
        paths = (f"/{server.face.made}/{key}", f"/{server.face.made}?limit=2", f"/{server.face.made}/nowhere")
        if number % 4 == 0:
            return server.ask("POST", f"/{server.face.made}", json=server.body())
        return server.ask("GET", paths[number % 3])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(send, range(_REQUESTS)))
    rows = []
    for answer in answers:
        busy = answer.status_code in {429, 503} and answer.headers.get("retry-after")
        if answer.status_code >= 500 and not busy:
            rows.append(f"{answer.request.method} {answer.request.url.path} → {answer.status_code}")
    require(test_many_requests_at_once, sorted(set(rows)))


@check("ADR-9", 9, "no answer of the whole run was other than the document declares it")
def test_no_answer_was_undeclared(server: Server) -> None:
    """Of all requests that the other checks have sent before this one."""
    require(test_no_answer_was_undeclared, server.violations)


def _differing(before: dict[str, Any], listed: list[dict[str, Any]]) -> list[str]:
    if len(listed) != 1:
        return [f"{len(listed)} in the list; its length"]
    return [name for name in before.keys() | listed[0].keys() if before.get(name) != listed[0].get(name)]

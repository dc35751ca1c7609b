"""Level 7: who has registered is told, once, as the version of the face has it."""

from typing import Any

from contract_tests.address.listener import EventListener
from contract_tests.address.server import Server, body_of
from contract_tests.checks import check, require

__all__ = ["test_a_query_chooses", "test_creation_is_told", "test_registration", "test_who_has_left_is_told_nothing"]

_QUIET_SECONDS = 0.3


@check("EVT-1", 7, "a listener is registered and removed, and a callback that is none is refused")
def test_registration(server: Server, listener: EventListener) -> None:
    """201 with an id, 204, then 404."""
    rows = []
    answer = server.register(listener.url + "/registration")
    if answer.status_code != 201 or not body_of(answer).get("id"):
        require(test_registration, [f"POST /hub → {answer.status_code}: {answer.text[:200]}"])
    key = body_of(answer)["id"]
    first, second = (server.ask("DELETE", f"/hub/{key}") for _ in range(2))
    if first.status_code not in {200, 204}:
        rows.append(f"DELETE /hub/{{id}} → {first.status_code}")
    if second.status_code != 404:
        rows.append(f"DELETE /hub/{{id}} of one that is gone → {second.status_code}")
    for callback in ("no address", "", "ftp://x/y"):
        refused = server.register(callback)
        if refused.status_code not in range(400, 500):
            rows.append(f"callback {callback!r} → {refused.status_code}")
    require(test_registration, rows)


@check("EVT-2", 7, "what is created is told once, with an event that names it", apis=("tmf622", "tmf641"))
def test_creation_is_told(server: Server, listener: EventListener) -> None:
    """In the envelope of the version: eventId, eventTime, eventType, and the resource in `event`."""
    key = server.registered(f"{listener.url}/events")
    made = server.make()
    kind = server.face.event("Create")
    told = listener.wait_for(lambda body: _is(server, body, made, kind))
    rows = [] if told else [f"no {kind} came"]
    for body in told[:1]:
        rows += [f"{kind} has no {name}" for name in ("eventId", "eventTime", "eventType") if not body.get(name)]
        shown = body["event"][server.face.seen]
        rows += [f"{kind} shows no {name}" for name in ("href", "state") if not shown.get(name)]
    listener.wait_for(lambda _: False, _QUIET_SECONDS)
    ids = {body.get("eventId") for body in listener.all_of(lambda body: _is(server, body, made, kind))}
    if len(ids) > 1:
        rows.append(f"{len(ids)} events tell of one creation")
    server.ask("DELETE", f"/hub/{key}")
    require(test_creation_is_told, rows)


@check("EVT-3", 7, "a query chooses events: the others do not come", apis=("tmf622", "tmf641"))
def test_a_query_chooses(server: Server, listener: EventListener) -> None:
    """One listener for changes of state, one for changes of attributes, of the same order."""
    wanted = server.face.event("AttributeValueChange")
    key = server.registered(f"{listener.url}/events", f"eventType={wanted}")
    made = server.make()
    changed = server.patch(made, description="told")
    rows = [] if changed.status_code == 200 else [f"PATCH description → {changed.status_code}"]
    if not rows and not listener.wait_for(lambda told: _is(server, told, made, wanted)):
        rows.append(f"no {wanted} came")
    others = {told.get("eventType") for _, told in listener.heard} - {wanted}
    rows += [f"{other} came, and only {wanted} was asked for" for other in sorted(map(str, others))]
    server.ask("DELETE", f"/hub/{key}")
    require(test_a_query_chooses, rows)


@check("EVT-4", 7, "who has left is told nothing any more", apis=("tmf622", "tmf641"))
def test_who_has_left_is_told_nothing(server: Server, listener: EventListener) -> None:
    """Another listener that stays shows that the event was sent."""
    stays = EventListener()
    try:
        gone, key = server.registered(f"{listener.url}/events"), server.registered(f"{stays.url}/events")
        server.ask("DELETE", f"/hub/{gone}")
        made = server.make()
        kind = server.face.event("Create")
        rows = [] if stays.wait_for(lambda body: _is(server, body, made, kind)) else [f"no {kind} came to who stays"]
        if listener.all_of(lambda body: _is(server, body, made, kind)):
            rows.append("it came to who has left")
        server.ask("DELETE", f"/hub/{key}")
    finally:
        stays.close()
    require(test_who_has_left_is_told_nothing, rows)


def _is(server: Server, body: Any, made: dict[str, Any], kind: str) -> bool:
    shown = (body.get("event") or {}).get(server.face.seen) if isinstance(body, dict) else None
    return isinstance(shown, dict) and shown.get("id") == made["id"] and body.get("eventType") == kind

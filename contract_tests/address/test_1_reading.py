"""Levels 1 and 2: every answer is as the document declares it, and what was sent is what is there."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from contract_tests.address.server import Server, body_of, is_error
from contract_tests.checks import check, require

__all__ = [
    "test_an_href_leads_to_the_resource",
    "test_answers_fit_their_schemas",
    "test_fields_chooses_members",
    "test_what_is_created_says_where_it_is",
    "test_what_is_not_there",
    "test_what_was_sent_is_what_is_there",
]

_ALWAYS = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation", "@referredType"})
_GIVEN = frozenset({"@type", "@baseType", "@schemaLocation"})  # a server may be more exact about these


@check("ADR-1", 1, "what is created is answered with 201, an id, an href and a Location")
def test_what_is_created_says_where_it_is(server: Server) -> None:
    """The first thing that a client does."""
    answer = server.ask("POST", f"/{server.face.made}", json=server.body())
    rows = [] if answer.status_code == 201 else [f"the answer is {answer.status_code}: {answer.text[:300]}"]
    if not rows:
        made = body_of(answer)
        rows += [f"{name} is missing" for name in ("id", "href") if not made.get(name)]
        place = answer.headers.get("location", "")
        if not place.rstrip("/").endswith(f"/{server.face.made}/{made.get('id')}"):
            rows.append(f"Location is {place!r}, which does not end with /{server.face.made}/{made.get('id')}")
    require(test_what_is_created_says_where_it_is, rows)


@check("ADR-2", 1, "created, read, listed and absent: each answer fits its schema")
def test_answers_fit_their_schemas(server: Server) -> None:
    """By openapi-core, against the document of the face."""
    before = len(server.violations)
    made = server.make()
    server.ask("GET", f"/{server.face.made}/{made.get('id')}")
    server.ask("GET", f"/{server.face.made}", params={"limit": 5})
    server.ask("GET", f"/{server.face.seen}", params={"limit": 5})
    server.ask("GET", f"/{server.face.made}/no-such-id")
    require(test_answers_fit_their_schemas, server.violations[before:] or _told_before(server))


@check("ADR-3", 1, "what is not there is 404 with an Error object")
def test_what_is_not_there(server: Server) -> None:
    """Of a resource, and of an address."""
    rows = []
    for path in (f"/{server.face.made}/no-such-id", f"/{server.face.seen}/no-such-id", "/noSuchResource"):
        answer = server.ask("GET", path)
        if answer.status_code != 404:
            rows.append(f"GET {path} → {answer.status_code}")
        elif path != "/noSuchResource" and (wrong := is_error(answer)):
            rows.append(f"GET {path}: {wrong}")
    require(test_what_is_not_there, rows)


@check("RED-1", 2, "what was sent is what is there")
def test_what_was_sent_is_what_is_there(server: Server) -> None:
    """Every member that was sent comes back with its value, at once and when it is read."""
    sent = server.body()
    answer = server.ask("POST", f"/{server.face.made}", json=sent)
    made = body_of(answer)
    rows = [f"in the answer: {row}" for row in _lost(sent, made, "")]
    read = server.get(server.face.made, str(made.get("id")))
    rows += [f"when it is read: {row}" for row in _lost(sent, read, "") if f"in the answer: {row}" not in rows]
    require(test_what_was_sent_is_what_is_there, rows)


@check("RED-2", 2, "fields chooses members")
def test_fields_chooses_members(server: Server) -> None:
    """Of one resource and of a list; what names a resource is always there."""
    made, rows = server.make(), []
    chosen = server.face.marker
    one = body_of(server.ask("GET", f"/{server.face.made}/{made['id']}", params={"fields": chosen}))
    shown = [("one", one), *(("a list", each) for each in server.listed(fields=chosen, limit=3))]
    for where, body in shown:
        beyond = body.keys() - _ALWAYS - {chosen}
        if beyond:
            rows.append(f"fields={chosen} of {where} shows {', '.join(sorted(beyond))} as well")
    if one.get(chosen) != made.get(chosen):
        rows.append(f"fields={chosen} does not show it")
    require(test_fields_chooses_members, rows[:5])


@check("RED-3", 2, "an href leads to the resource")
def test_an_href_leads_to_the_resource(server: Server) -> None:
    """Its path, whatever host it names."""
    made = server.make()
    path = urlsplit(str(made.get("href"))).path
    rows = []
    if not path.endswith(f"/{server.face.made}/{made['id']}"):
        rows.append(f"href is {made.get('href')!r}, which does not end with /{server.face.made}/{made['id']}")
    else:
        answer = server.http.get(path)
        if answer.status_code != 200 or body_of(answer).get("id") != made["id"]:
            rows.append(f"GET {path} → {answer.status_code}, and not the resource")
    require(test_an_href_leads_to_the_resource, rows)


def _told_before(server: Server) -> list[str]:
    """Return violations of these operations that another check has met before."""
    mine = (f"POST /{server.face.made} ", f"GET /{server.face.made}", f"GET /{server.face.seen}")
    return [row for row in server.violations if row.startswith(mine)]


def _lost(sent: Any, shown: Any, path: str) -> Iterator[str]:
    if isinstance(sent, dict):
        if not isinstance(shown, dict):
            yield f"{path} is {shown!r}"
            return
        for name, value in sent.items():
            here = f"{path}.{name}" if path else name
            if name not in shown:
                yield f"{here} is not there"
            elif name not in _GIVEN:
                yield from _lost(value, shown[name], here)
    elif isinstance(sent, list):
        if not isinstance(shown, list) or len(shown) < len(sent):
            yield f"{path} has {len(shown) if isinstance(shown, list) else 'no'} elements, and {len(sent)} were sent"
            return
        for index, (one, other) in enumerate(zip(sent, shown, strict=False)):
            yield from _lost(one, other, f"{path}[{index}]")
    elif sent != shown:
        yield f"{path} is {shown!r}, and {sent!r} was sent"

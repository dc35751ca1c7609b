"""Level 5: whatever a client sends, the answer is a proper one."""

import re
from typing import Any

from contract_tests.address.server import Server, is_error
from contract_tests.checks import check, require

__all__ = [
    "test_bad_bodies",
    "test_errors_tell_nothing_of_the_inside",
    "test_large_bodies",
    "test_methods_that_are_not_offered",
    "test_strange_texts",
]

_CLIENT_ERRORS = range(400, 500)
_TRACES = re.compile(
    r"Traceback \(most recent|at [\w.$]+\([\w]+\.java:\d+\)|\bpanic:|System\.\w+Exception|SQLSTATE|ORA-\d"
)


@check("HOS-1", 5, "a body that cannot be read or does not fit is refused with an Error object")
def test_bad_bodies(server: Server) -> None:
    """No JSON, another media type, another shape, a mandatory member missing, a value of another kind."""
    good, rows = server.body(), []
    needed = server.items or server.face.needs
    bad: dict[str, Any] = {
        "no JSON": {"content": b'{"id": ', "headers": {"content-type": "application/json"}},
        "empty": {"content": b"", "headers": {"content-type": "application/json"}},
        "a list": {"json": [good]},
        "a text": {"json": "order"},
        "null": {"content": b"null", "headers": {"content-type": "application/json"}},
        "XML": {"content": b"<order/>", "headers": {"content-type": "application/xml"}},
        "half a character": {"content": b'{"description": "\xff"}', "headers": {"content-type": "application/json"}},
    }
    if needed:
        bad[f"without {needed}"] = {"json": {name: value for name, value in good.items() if name != needed}}
        bad[f"{needed} as a number"] = {"json": good | {needed: 7}}
    if server.face.needs_an_item:
        bad["no items"] = {"json": good | {needed: []}}
    if needed and server.items:
        bad["an unknown action"] = {"json": good | {needed: [good[needed][0] | {"action": "juggle"}]}}
        bad["an item without its id"] = {
            "json": good | {needed: [{name: one for name, one in good[needed][0].items() if name != "id"}]}
        }
    for name, sent in bad.items():
        answer = server.ask("POST", f"/{server.face.made}", **sent)
        if answer.status_code not in _CLIENT_ERRORS:
            rows.append(f"{name} → {answer.status_code}")
        elif wrong := is_error(answer):
            rows.append(f"{name}: {wrong}")
    require(test_bad_bodies, rows)


@check("HOS-2", 5, "no text, however strange, makes the server fail, and what is taken is kept as it is")
def test_strange_texts(server: Server) -> None:
    """Quotes, statements of SQL, markup, other scripts, a long text, in bodies and in queries."""
    rows = []
    texts = [
        "'; drop table orders; --",
        "<script>alert(1)</script>",
        "日本語 ñ 🚀",
        "%00",
        "a" * 20_000,
        "${jndi:ldap://x}",
        "\\",
    ]
    for text in texts:
        shown = repr(text[:30])
        answer = server.ask("POST", f"/{server.face.made}", json=server.body(**{server.face.marker: text}))
        if answer.status_code >= 500:
            rows.append(f"{server.face.marker} {shown} → {answer.status_code}")
        elif answer.status_code in {200, 201} and answer.json().get(server.face.marker) != text:
            rows.append(f"{server.face.marker} {shown} is shown as {str(answer.json().get('description'))[:40]!r}")
        if len(text) < 100:
            for query in ({server.face.marker: text}, {"filter": text}, {"fields": text}, {"sort": text}):
                asked = server.ask("GET", f"/{server.face.made}", params=query | {"limit": 1})
                if asked.status_code >= 500 and asked.status_code != 501:
                    rows.append(f"GET {next(iter(query))}={shown} → {asked.status_code}")
    require(test_strange_texts, rows)


@check("HOS-3", 5, "a body nested without end, and one of many items, do not make the server fail")
def test_large_bodies(server: Server) -> None:
    """Taken or refused, and answered."""
    rows = []
    deep = b'{"description": "x", "a": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    answers = {
        "5,000 levels": server.ask(
            "POST", f"/{server.face.made}", content=deep, headers={"content-type": "application/json"}
        ),
        "1,000 notes": server.ask(
            "POST", f"/{server.face.made}", json=server.body(note=[_note(server, number) for number in range(1000)])
        ),
    }
    rows += [f"{name} → {answer.status_code}" for name, answer in answers.items() if answer.status_code >= 500]
    if server.ask("GET", f"/{server.face.made}", params={"limit": 1}).status_code not in {200, 206}:
        rows.append("afterwards the server does not answer")
    require(test_large_bodies, rows)


@check("HOS-4", 5, "a method that is not offered is 405 and says which are")
def test_methods_that_are_not_offered(server: Server) -> None:
    """PUT is no method of these APIs."""
    rows = []
    for path in (f"/{server.face.made}", f"/{server.face.made}/x"):
        answer = server.ask("PUT", path, json={})
        if answer.status_code != 405:
            rows.append(f"PUT {path} → {answer.status_code}")
        elif not answer.headers.get("allow"):
            rows.append(f"PUT {path} → 405 without Allow")
    require(test_methods_that_are_not_offered, rows)


@check("HOS-5", 5, "an error tells nothing of the inside of the server")
def test_errors_tell_nothing_of_the_inside(server: Server) -> None:
    """No stack trace, no statement of a database."""
    rows = []
    for answer in (
        server.ask("GET", f"/{server.face.made}/%27%20or%201=1"),
        server.ask("GET", f"/{server.face.made}/..%2F..%2Fetc%2Fpasswd"),
        server.ask("GET", f"/{server.face.made}", params={"filter": "$[?(@."}),
        server.ask("POST", f"/{server.face.made}", content=b"\x00", headers={"content-type": "application/json"}),
    ):
        told = _TRACES.search(answer.text)
        if told or "root:" in answer.text:
            rows.append(f"{answer.request.method} {answer.request.url.path} shows {told.group() if told else 'a file'}")
        if answer.status_code >= 500 and answer.status_code != 501:
            rows.append(f"{answer.request.method} {answer.request.url.path} → {answer.status_code}")
    require(test_errors_tell_nothing_of_the_inside, rows)


def _note(server: Server, number: int) -> dict[str, Any]:
    return {"id": str(number), "text": "x"} | ({"@type": "Note"} if server.face.version == 5 else {})

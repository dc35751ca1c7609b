"""Level 6: a request that is sent again makes nothing twice."""

from contract_tests.address.server import Server, body_of
from contract_tests.checks import check, require
from gateway.canonical.ids import new_id

__all__ = ["test_a_key_makes_it_once", "test_reading_changes_nothing", "test_the_same_change_twice"]


@check("IDM-1", 6, "the same request under the same Idempotency-Key makes one resource")
def test_a_key_makes_it_once(server: Server) -> None:
    """As a client sends again what had no answer."""
    body, key = server.body(), {"Idempotency-Key": f'"{new_id()}"'}
    first, second = (server.ask("POST", f"/{server.face.made}", json=body, headers=key) for _ in range(2))
    rows = []
    if second.status_code not in {200, 201, 202, 409}:
        rows.append(f"sent again → {second.status_code}")
    elif second.status_code != 409 and body_of(first).get("id") != body_of(second).get("id"):
        rows.append(f"{body_of(first).get('id')} and {body_of(second).get('id')} were made")
    found = server.listed(**{server.face.marker: body[server.face.marker]})
    if len(found) != 1:
        rows.append(f"{len(found)} are in the list")
    require(test_a_key_makes_it_once, rows)


@check("IDM-2", 6, "reading changes nothing")
def test_reading_changes_nothing(server: Server) -> None:
    """Read again and again, the resource and its tag are the same as long as nothing moves it."""
    key = str(server.make()["id"])
    rows = []
    for _ in range(20):
        first, second = (server.ask("GET", f"/{server.face.made}/{key}") for _ in range(2))
        if first.content == second.content and first.headers.get("etag") == second.headers.get("etag"):
            break
    else:
        rows.append("read twice at once, it is never the same")
    require(test_reading_changes_nothing, rows)


@check("IDM-3", 6, "the same change twice leaves what it left once", apis=("tmf622", "tmf641"))
def test_the_same_change_twice(server: Server) -> None:
    """A merge patch is its own repetition."""
    made = server.make()
    first, second = (server.patch(made, description="the same") for _ in range(2))
    rows = [f"PATCH → {one.status_code}" for one in (first, second) if one.status_code != 200]
    if not rows and body_of(first).get("description") != body_of(second).get("description"):
        rows.append("the second left another description")
    require(test_the_same_change_twice, rows)

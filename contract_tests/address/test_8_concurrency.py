"""Level 8: two writers at once do not undo each other, and what is made at once is all there."""

from concurrent.futures import ThreadPoolExecutor

from contract_tests.address.server import Server
from contract_tests.checks import check, require

__all__ = ["test_a_version_that_has_passed", "test_made_at_once", "test_one_writer_wins"]

_WRITERS = 4
_MADE = 12


@check("CON-1", 8, "a change of a version that has passed is refused with 412", apis=("tmf622", "tmf641"))
def test_a_version_that_has_passed(server: Server) -> None:
    """ETag and If-Match, as RFC 9110 has them."""
    made, rows = server.make(), []
    path = f"/{server.face.seen}/{made['id']}"
    if not server.ask("GET", path).headers.get("etag"):
        require(test_a_version_that_has_passed, [f"GET {path} has no ETag"])
    answer = server.patch(made, '"no-such-version"', description="stale")
    if answer.status_code != 412:
        rows.append(f"PATCH with a stale If-Match → {answer.status_code}")
    if server.get(server.face.seen, str(made["id"])).get("description") == "stale":
        rows.append("the stale change was made")
    require(test_a_version_that_has_passed, rows)


@check("CON-2", 8, "of writers who saw the same version, one wins, and its change stands", apis=("tmf622", "tmf641"))
def test_one_writer_wins(server: Server) -> None:
    """All send at once; the others are told that it has changed. Tried anew where the order moved meanwhile."""
    rows: list[str] = []
    for _ in range(5):
        made = server.make()
        tag = server.ask("GET", f"/{server.face.seen}/{made['id']}").headers.get("etag", "")
        with ThreadPoolExecutor(_WRITERS) as pool:
            sent = [pool.submit(server.patch, made, tag, description=f"writer {number}") for number in range(_WRITERS)]
            answers = [one.result() for one in sent]
        statuses = sorted(one.status_code for one in answers)
        won = [one for one in answers if one.status_code == 200]
        now = server.get(server.face.seen, str(made["id"])).get("description")
        if len(won) == 1:
            told = won[0].json().get("description")
            rows = [] if now == told else [f"{told!r} won, and {now!r} is there"]
            break
        rows = [f"the writers were answered {statuses}"]
        if won:
            break
    require(test_one_writer_wins, rows)


@check("CON-3", 8, "what is made at once is all there, each under an id of its own")
def test_made_at_once(server: Server) -> None:
    """Nothing is lost and nothing shares an id."""
    mine = {server.face.marker: str(server.body()[server.face.marker])}
    with ThreadPoolExecutor(_WRITERS) as pool:
        made = list(pool.map(lambda _: str(server.make(**mine)["id"]), range(_MADE)))
    found = [str(one["id"]) for one in server.listed(**mine, limit=_MADE * 2)]
    rows = [] if len(set(made)) == _MADE else [f"{_MADE} were made under {len(set(made))} ids"]
    if sorted(found) != sorted(made):
        rows.append(f"{len(made)} were made, and {len(found)} are in the list")
    require(test_made_at_once, rows)

"""Level 3: lists as TMF630 has them: paging, counts, filters, sorting."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contract_tests.address.server import Server
from contract_tests.checks import check, require

__all__ = [
    "test_comparisons",
    "test_counts",
    "test_filters",
    "test_pages",
    "test_queries_that_make_no_sense",
    "test_sorting",
]

_SOME = 3


def _some(server: Server) -> tuple[dict[str, Any], list[str]]:
    """Make some with a marker of their own; return the filter that finds them, and their ids."""
    marker = str(server.body()[server.face.marker])
    return {server.face.marker: marker}, [str(server.make(**{server.face.marker: marker})["id"]) for _ in range(_SOME)]


@check("LST-1", 3, "a list says how many there are in all, and gives no more than was asked for")
def test_counts(server: Server) -> None:
    """X-Total-Count, X-Result-Count and limit."""
    mine, made = _some(server)
    rows = []
    for limit, wanted in ((1, 1), (_SOME, _SOME), (_SOME + 5, _SOME)):
        answer = server.ask("GET", f"/{server.face.made}", params=mine | {"limit": limit})
        found = answer.json()
        if len(found) != wanted:
            rows.append(f"limit={limit} gives {len(found)} of {len(made)}")
        if answer.headers.get("x-total-count") != str(len(made)):
            rows.append(f"limit={limit}: X-Total-Count is {answer.headers.get('x-total-count')}, and {len(made)} match")
        if answer.headers.get("x-result-count", str(len(found))) != str(len(found)):
            rows.append(f"limit={limit}: X-Result-Count is {answer.headers['x-result-count']}, and {len(found)} came")
    require(test_counts, rows)


@check("LST-2", 3, "pages together are the whole list, each element once")
def test_pages(server: Server) -> None:
    """By offset and limit; beyond the end there is nothing."""
    mine, made = _some(server)
    pages = [server.listed(**mine, offset=at, limit=1) for at in range(_SOME)]
    found = [str(one["id"]) for page in pages for one in page]
    rows = [] if sorted(found) == sorted(made) else [f"the pages hold {found}, and {made} were made"]
    beyond = server.ask("GET", f"/{server.face.made}", params=mine | {"offset": 100_000})
    if beyond.status_code != 200 or beyond.json() != []:
        rows.append(f"beyond the end: {beyond.status_code} {beyond.text[:80]}")
    require(test_pages, rows)


@check("LST-3", 3, "a filter finds what has that value, and nothing else")
def test_filters(server: Server) -> None:
    """By id, by text, by both, by a member inside, and by a value that nothing has."""
    mine, made = _some(server)
    server.make()
    rows = []
    wanted: list[tuple[dict[str, Any], list[str]]] = [
        (mine, made),
        ({"id": made[0]}, made[:1]),
        (mine | {"id": made[1]}, made[1:2]),
        ({server.face.marker: "nothing has this"}, []),
    ]
    if server.face.items:
        wanted.append((mine | {f"{server.face.items}.action": "add"}, made))
        wanted.append((mine | {f"{server.face.items}.action": "delete"}, []))
    for params, ids in wanted:
        found = [str(one["id"]) for one in server.listed(**params)]
        if sorted(found) != sorted(ids):
            rows.append(f"{_query(params)} finds {len(found)}, and {len(ids)} have it")
    require(test_filters, rows)


@check("LST-4", 3, "a filter compares times as instants")
def test_comparisons(server: Server) -> None:
    """`.gt` and `.lt` of the time at which something was made, whatever the offset it is written with."""
    made, stamp = server.make(), server.face.stamp
    key, rows = str(made["id"]), []
    if not made.get(stamp):
        require(test_comparisons, [f"{stamp} is not said"])
    at = datetime.fromisoformat(str(made[stamp]))
    hour = timedelta(hours=1)
    for suffix, moment, is_there in (
        ("gt", at - hour, True),
        ("gt", at + hour, False),
        ("lt", at + hour, True),
        ("lt", at - hour, False),
    ):
        text = moment.astimezone(UTC).isoformat()
        found = server.listed(**{"id": key, f"{stamp}.{suffix}": text})
        if bool(found) is not is_there:
            rows.append(f"{stamp}.{suffix}={text}: {'not ' if is_there else ''}found, and it is of {made[stamp]}")
    require(test_comparisons, rows)


@check("LST-5", 3, "sort puts a list in order, either way")
def test_sorting(server: Server) -> None:
    """By id, as text."""
    mine, made = _some(server)
    rows = []
    for sign, wanted in (("", sorted(made)), ("-", sorted(made, reverse=True))):
        found = [str(one["id"]) for one in server.listed(**mine, sort=f"{sign}id")]
        if found != wanted:
            rows.append(f"sort={sign}id gives {found}")
    require(test_sorting, rows)


@check("LST-6", 3, "what cannot be asked is refused or finds nothing, and never finds everything")
def test_queries_that_make_no_sense(server: Server) -> None:
    """A member that there is not, a limit that is no number, an offset below nought."""
    server.make()
    rows = []
    for params in ({"noSuchMember": "x"}, {"limit": "many"}, {"offset": "-1"}, {"limit": "-1"}):
        answer = server.ask("GET", f"/{server.face.made}", params=params)
        if answer.status_code in {200, 206} and answer.json() != []:
            rows.append(f"{_query(params)} → {answer.status_code} with {len(answer.json())} elements")
        elif answer.status_code >= 500:
            rows.append(f"{_query(params)} → {answer.status_code}")
    require(test_queries_that_make_no_sense, rows)


def _query(params: dict[str, Any]) -> str:
    return "&".join(f"{name}={value}" for name, value in params.items())

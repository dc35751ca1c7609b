"""Pages of resources: how many match, and the documents of some of them."""

from collections.abc import Sequence
from typing import Any

from gateway.ports.query import AllOf, Condition, Filter, Operator
from gateway.ports.repository import Query
from gateway.storage.anchors import Anchors, Seek
from gateway.storage.conditions import SEGMENT, Conditions, equal
from gateway.storage.find_sets import Lookup
from gateway.storage.json_sql import JSON_SQL, Place, Sql
from gateway.storage.leaves import INDEXED
from gateway.storage.schema import RESOURCES
from gateway.storage.sets import COLUMNS, exact, superset, unindexed_paths
from gateway.storage.time_limit import time_limit
from gateway.streams.sql import Connection

__all__ = ["SECONDS", "fact_owners", "find"]

SECONDS = 5.0
"""How long one query may take, where nothing else is said."""

_MOST_COUNTED = 20_000
"""A set that is larger is no short cut to the documents in it, unless there are far more of others."""


def find(
    conn: Connection, query: Query, anchors: Anchors | None = None, seconds: float = SECONDS
) -> tuple[list[str], int]:
    """Return the JSON texts of a page and how many match in all.

    The order is that of creation, or of the query's keys and then of the ids. Raises FaceError for a bad path,
    SlowQuery for what no index answers and takes longer than so many seconds.
    """
    with time_limit(conn, seconds, lambda: _slow_paths(query)):
        return _found(conn, query, anchors)


def _found(conn: Connection, query: Query, anchors: Anchors | None) -> tuple[list[str], int]:
    filters = _filters(query)
    conditions = Conditions(query.kind, conn.dialect)
    where = conditions.all_of(filters)
    keys = conditions.keys(query.sort)
    if not query.sort and all(_is_quick(one) for one in filters):
        return _quick(conn, query, where, None if filters else anchors)
    lookup = Lookup(conn, query.kind, where)
    whole = AllOf(filters)
    found = lookup.known(exact(query.kind, whole)) if filters else None
    is_exact = found is not None or not filters
    if found is not None and not query.sort:
        return lookup.page(query, found)
    if is_exact and query.sort:
        total = lookup.total(found)
        page = lookup.sorted_page(query, found, total)
        if page is not None:
            return page, total
    if found is None and filters:
        found = lookup.known(superset(query.kind, whole))
    if found is not None:
        size = lookup.size(found)
        if size < _MOST_COUNTED or lookup.about() > 3 * size:
            some, binds = lookup.candidates(found)
            where = (f"t.id IN ({some}) AND {where[0]}", [*binds, *where[1]])
    return _looked_into(conn, query, where, keys)


def _filters(query: Query) -> tuple[Filter, ...]:
    """Return all that must hold."""
    return (*(Condition(path, Operator.EQ, wanted) for path, wanted in query.where), *query.filters)


def _slow_paths(query: Query) -> tuple[str, ...]:
    """Return the paths of a query that no index answers."""
    keys = [key.path for key in query.sort if len(query.sort) > 1 or key.path not in INDEXED[query.kind].ranked]
    return (*unindexed_paths(query.kind, AllOf(_filters(query))), *keys)


def fact_owners(conn: Connection, predicate: str, member: str, value: str) -> tuple[str, ...]:
    """Return ids of lifecycles with a fact of that predicate whose value has a member equal to a text form."""
    words = JSON_SQL[conn.dialect]
    binds: list[Any]
    if member == "serial":
        test, binds = f"serial = {words.mark}", [value]
    elif SEGMENT.fullmatch(member):
        test, binds = equal(words, Place("t", ("value", member)), [value])
        test, binds = f"{words.contains('t.doc', words.mark)} AND {test}", [f'"{member}"', *binds]
    else:
        return ()
    rows = words.rows("fact")
    text = f"SELECT DISTINCT order_id FROM {rows} WHERE predicate = {words.mark} AND {test} ORDER BY order_id"  # noqa: S608 - our own words
    return tuple(order_id for (order_id,) in conn.cursor.execute(text, [predicate, *binds]).fetchall())


def _is_quick(one: object) -> bool:
    return isinstance(one, Condition) and one.operator is Operator.EQ and one.path in COLUMNS


def _quick(conn: Connection, query: Query, where: Sql, anchors: Anchors | None) -> tuple[list[str], int]:
    """Find the page in the indexes alone, from whichever side is nearer; only then read its documents."""
    words, table = JSON_SQL[conn.dialect], RESOURCES[query.kind].name
    test, binds = where
    asked = f" AS t WHERE {test}" if query.where or query.filters else ""  # a table's rows are counted by its pages
    ((total,),) = conn.cursor.execute(f"SELECT count(*) FROM {table}{asked}", binds).fetchall()  # noqa: S608 - our own words
    offset = max(0, query.offset)
    limit = min(max(0, query.limit), total - offset)
    if limit <= 0:
        return [], total
    seek = None if anchors is None else anchors.nearest(conn, query.kind, offset, total)
    skip, way = offset, "ASC"
    if seek is not None:
        skip = offset - seek.offset
    if total - offset - limit < skip:
        seek, skip, way = None, total - offset - limit, "DESC"
    after: list[Any] = []
    if seek is not None:
        test += f" AND (t.created, t.{words.row}) >= ({words.mark}, {words.mark})"
        after = [seek.created, seek.row]
    last = "id" if binds else words.row  # as the index has it
    text = (
        f"SELECT p.created, p.r, t.doc FROM (SELECT t.{words.row} AS r, t.created, t.{last} AS z FROM {table} AS t "  # noqa: S608 - our own words
        f"WHERE {test} ORDER BY t.created {way}, z {way} LIMIT {words.mark} OFFSET {words.mark}) AS p "
        f"JOIN {table} AS t ON t.{words.row} = p.r ORDER BY p.created, p.z"
    )
    rows = conn.cursor.execute(text, [*binds, *after, limit, skip]).fetchall()
    if anchors is not None and rows:
        ends = {offset: rows[0], offset + len(rows) - 1: rows[-1]}
        anchors.remember(conn, query.kind, total, [Seek(at, created, r) for at, (created, r, _) in ends.items()])
    return [doc for _, _, doc in rows], total


def _looked_into(
    conn: Connection, query: Query, where: Sql, keys: Sequence[tuple[str, list[Any], bool]]
) -> tuple[list[str], int]:
    """Look into each row's JSON once, which is what costs, for the page and for the total together."""
    words, table = JSON_SQL[conn.dialect], RESOURCES[query.kind].name
    test, binds = where
    columns = [f"{text} AS k{number}" for number, (text, _, _) in enumerate(keys)]
    last = "id" if query.sort else "created"
    order = [f"k{n} {'DESC' if down else 'ASC'} NULLS LAST" for n, (_, _, down) in enumerate(keys)]
    order += ["z", "r"]
    names = ", ".join(["r", "z", *(f"k{number}" for number in range(len(keys)))])
    sorting = ", ".join(order)
    text = (
        f"WITH m AS MATERIALIZED (SELECT {', '.join([f't.{words.row} AS r', f't.{last} AS z', *columns])} "  # noqa: S608 - our own words
        f"FROM {words.rows(table)} WHERE {test}), "
        f"p AS (SELECT {names} FROM m ORDER BY {sorting} LIMIT {words.mark} OFFSET {words.mark}) "
        f"SELECT n.total, t.doc FROM (SELECT count(*) AS total FROM m) AS n "
        f"LEFT JOIN p ON 1 = 1 LEFT JOIN {table} AS t ON t.{words.row} = p.r ORDER BY {sorting}"
    )
    sorted_by = [bind for _, some, _ in keys for bind in some]
    page = [max(0, query.limit), max(0, query.offset)]
    rows = conn.cursor.execute(text, [*sorted_by, *binds, *page]).fetchall()
    return [doc for _, doc in rows if doc is not None], rows[0][0]

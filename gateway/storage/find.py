"""Pages of resources: how many match, and the documents of some of them."""

from collections.abc import Sequence
from typing import Any

from gateway.ports.query import Condition, Filter, Operator
from gateway.ports.repository import Query
from gateway.storage.anchors import Anchors, Seek
from gateway.storage.conditions import COLUMNS, SEGMENT, Conditions, equal
from gateway.storage.json_sql import JSON_SQL, Place
from gateway.storage.leaves import as_leaf, wanted_tokens
from gateway.storage.schema import RESOURCES
from gateway.streams.sql import Connection

__all__ = ["fact_owners", "find"]


def find(conn: Connection, query: Query, anchors: Anchors | None = None) -> tuple[list[str], int]:
    """Return the JSON texts of a page and how many match in all. Raises FaceError for a bad path.

    The order is that of creation, or of the query's keys and then of the ids.
    """
    filters = [*(Condition(path, Operator.EQ, wanted) for path, wanted in query.where), *query.filters]
    found = as_leaf(query.kind, filters[0]) if len(filters) == 1 and not query.sort else None
    if found is not None:
        return _looked_up(conn, query, wanted_tokens(query.kind, found.path, found.values))
    conditions = Conditions(query.kind, conn.dialect)
    where, binds = conditions.all_of(filters)
    keys = conditions.keys(query.sort)
    if query.sort or not all(_is_quick(one) for one in filters):
        return _looked_into(conn, query, (where, binds), keys)
    table = RESOURCES[query.kind].name
    text = f"SELECT count(*) FROM {table} AS t WHERE {where}"  # noqa: S608 - our own words
    ((total,),) = conn.cursor.execute(text, binds).fetchall()
    limit, offset = max(0, query.limit), max(0, query.offset)
    if not limit or offset >= total:
        return [], total
    if filters or anchors is None:
        anchors = None
    return _quick(conn, query, (where, binds), total, anchors), total


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


def _is_quick(one: Filter) -> bool:
    return isinstance(one, Condition) and one.operator is Operator.EQ and one.path in COLUMNS


def _quick(
    conn: Connection, query: Query, where: tuple[str, Sequence[Any]], total: int, anchors: Anchors | None
) -> list[str]:
    """Find the page in the indexes alone, from whichever side is nearer; only then read its documents."""
    words, table = JSON_SQL[conn.dialect], RESOURCES[query.kind].name
    test, binds = where
    offset, limit = max(0, query.offset), min(query.limit, total - query.offset)
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
    text = (
        f"SELECT p.created, p.r, t.doc FROM (SELECT t.{words.row} AS r, t.created FROM {table} AS t WHERE {test} "  # noqa: S608 - our own words
        f"ORDER BY t.created {way}, r {way} LIMIT {words.mark} OFFSET {words.mark}) AS p "
        f"JOIN {table} AS t ON t.{words.row} = p.r ORDER BY p.created, p.r"
    )
    rows = conn.cursor.execute(text, [*binds, *after, limit, skip]).fetchall()
    if anchors is not None and rows:
        ends = {offset: rows[0], offset + len(rows) - 1: rows[-1]}
        anchors.remember(conn, query.kind, total, [Seek(at, created, r) for at, (created, r, _) in ends.items()])
    return [doc for _, _, doc in rows]


def _looked_up(conn: Connection, query: Query, wanted: Sequence[int]) -> tuple[list[str], int]:
    """Count and page in the table of values alone; only then read the documents of the page."""
    words, table = JSON_SQL[conn.dialect], RESOURCES[query.kind].name
    there = [
        token
        for token in wanted
        if conn.cursor.execute(f"SELECT 1 FROM leaf WHERE token = {words.mark} LIMIT 1", [token]).fetchall()  # noqa: S608 - our own words
    ]
    if not there:
        return [], 0
    distinct = "DISTINCT " if len(there) > 1 else ""  # one resource may have several of the values
    marks = ", ".join([words.mark] * len(there))
    rows = f"(SELECT {distinct}created, id FROM leaf WHERE token IN ({marks}))"  # noqa: S608 - the same
    ((total,),) = conn.cursor.execute(f"SELECT count(*) FROM {rows} AS l", there).fetchall()  # noqa: S608 - the same
    text = (
        f"SELECT t.doc FROM (SELECT created, id FROM {rows} AS l ORDER BY created, id "  # noqa: S608 - the same
        f"LIMIT {words.mark} OFFSET {words.mark}) AS p JOIN {table} AS t ON t.id = p.id ORDER BY p.created, p.id"
    )
    page = [max(0, query.limit), max(0, query.offset)]
    return [doc for (doc,) in conn.cursor.execute(text, [*there, *page]).fetchall()], total


def _looked_into(
    conn: Connection, query: Query, where: tuple[str, Sequence[Any]], keys: Sequence[tuple[str, list[Any], bool]]
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

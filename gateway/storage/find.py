"""Queries over the stored JSON as SQL. Nothing of a query's text becomes SQL: paths and values are bound.

A path is walked with `json_each` wherever the model has a list; where the model leaves open what stands there, a single
value is walked as a list of one. A text matches as it is, a number by its value, a boolean as true or false, and an
instant in every spelling of it. A text with the character U+0000 is never found: SQLite ends it there.
"""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.errors import FaceError
from gateway.ports.repository import Query
from gateway.storage.instants import instant
from gateway.storage.schema import RESOURCES
from gateway.storage.shapes import Shape, shapes
from gateway.streams.sql import Connection

__all__ = ["fact_owners", "find"]

_Sql = tuple[str, list[Any]]

_SEGMENT = re.compile(r"[^\x00-\x1f\"\\.\[\]]{1,100}")  # what can stand between quotes in a JSON path
_PLAIN = re.compile(r"[\w ./:@+-]+", re.ASCII)
_MOST_SEGMENTS = 16
_MOST_VALUES = 1000
_COLUMNS = frozenset({"id", "state", "order_id"})


def find(conn: Connection, query: Query) -> tuple[list[str], int]:
    """Return the JSON texts of a page, oldest first, and how many match in all. Raises FaceError for a bad path."""
    table = RESOURCES[query.kind].name
    conditions = [_condition(query.kind, path, wanted) for path, wanted in query.where]
    where = " AND ".join(text for text, _ in conditions) or "1"
    binds = [bind for _, some in conditions for bind in some]
    page = [max(0, query.limit), max(0, query.offset)]
    if all(path in _COLUMNS for path, _ in query.where):
        ((total,),) = conn.cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE {where}", binds).fetchall()  # noqa: S608 - our own words
        # The page is found in the indexes alone; only then are its documents read.
        text = (
            f"SELECT t.doc FROM (SELECT rowid AS r, created FROM {table} AS t WHERE {where} "  # noqa: S608 - the same
            f"ORDER BY created, r LIMIT ? OFFSET ?) AS p JOIN {table} AS t ON t.rowid = p.r ORDER BY p.created, p.r"
        )
        return [doc for (doc,) in conn.cursor.execute(text, [*binds, *page])], total
    # Looking into JSON is what costs: each row is looked into once, for the page and for the total together.
    text = (
        f"WITH m AS MATERIALIZED (SELECT rowid AS r, created FROM {table} AS t WHERE {where}), "  # noqa: S608 - the same
        "p AS (SELECT r, created FROM m ORDER BY created, r LIMIT ? OFFSET ?) "
        "SELECT n.total, t.doc FROM (SELECT count(*) AS total FROM m) AS n "
        f"LEFT JOIN p ON 1 LEFT JOIN {table} AS t ON t.rowid = p.r ORDER BY p.created, p.r"
    )
    rows = conn.cursor.execute(text, [*binds, *page]).fetchall()
    return [doc for _, doc in rows if doc is not None], rows[0][0]


def fact_owners(conn: Connection, predicate: str, member: str, value: str) -> tuple[str, ...]:
    """Return ids of lifecycles with a fact of that predicate whose value has a member equal to a text form."""
    if member == "serial":
        test, binds = "serial = ?", [value]
    elif _SEGMENT.fullmatch(member):
        test, binds = _match("json_extract(doc, ?)", "json_type(doc, ?)", [value], [f'$.value."{member}"'])
        test, binds = f"instr(doc, ?) AND {test}", [f'"{member}"', *binds]
    else:
        return ()
    text = f"SELECT DISTINCT order_id FROM fact WHERE predicate = ? AND {test} ORDER BY order_id"  # noqa: S608 - our own words
    return tuple(order_id for (order_id,) in conn.cursor.execute(text, [predicate, *binds]))


def _condition(kind: ResourceKind, path: str, wanted: Sequence[str]) -> _Sql:
    if len(wanted) > _MOST_VALUES:
        raise FaceError(400, "invalidFilter", f"{path} asks for more than {_MOST_VALUES} values", "ask for fewer")
    wanted = [value for value in wanted if _is_text(value)]
    if not wanted:
        return "0", []
    if path in _COLUMNS:
        # A product order and its lifecycle have one id, and the table one index for both.
        column = "id" if kind is ResourceKind.PRODUCT_ORDER and path == "order_id" else path
        return f"t.{column} IN ({_marks(wanted)})", list(wanted)
    text, binds = _inside(kind, path, wanted)
    if path == "external_ids.value":
        # The column holds the only one; '' marks the few rows that have several.
        only = [value for value in wanted if value]
        text = f"(t.external IN ({_marks(only)}) OR (t.external = '' AND {text}))"
        return text, [*only, *binds]
    if all(_PLAIN.fullmatch(value) and instant(value) is None and _number(value) is None for value in wanted):
        # A text that is nowhere in the document is not at the path either, and a search is quicker than a parse.
        somewhere = " OR ".join("instr(t.doc, ?)" for _ in wanted)
        return f"(({somewhere}) AND {text})", [*wanted, *binds]
    return text, binds


def _inside(kind: ResourceKind, path: str, wanted: Sequence[str]) -> _Sql:
    """Walk a path into the document, list by list."""
    names = tuple(path.split("."))
    if len(names) > _MOST_SEGMENTS or not all(_SEGMENT.fullmatch(name) for name in names):
        raise FaceError(400, "invalidFilter", f"{path[:100]!r} is no path", "use member names joined by dots")
    here, route, levels, binds = "t.doc", "$", [], list[Any]()
    value, kind_of = "", ""
    for depth, (name, shape) in enumerate(zip(names, shapes(kind, names), strict=True), 1):
        route += f'."{name}"'
        if shape is Shape.ONE:
            continue
        if shape is Shape.MANY:
            levels.append(f"json_each({here}, ?) AS e{depth}")
            binds.append(route)
        else:
            listed = f"CASE json_type({here}, ?) WHEN 'array' THEN {here} -> ? ELSE json_array({here} -> ?) END"
            levels.append(f"json_each({listed}) AS e{depth}")
            binds += [route] * 3
        value, kind_of, route = f"e{depth}.value", f"e{depth}.type", "$"
        here = f"CASE e{depth}.type WHEN 'object' THEN e{depth}.value ELSE '{{}}' END"
    if route != "$":
        value, kind_of = f"json_extract({here}, ?)", f"json_type({here}, ?)"
        test, wants = _match(value, kind_of, wanted, [route])
    else:
        test, wants = _match(value, kind_of, wanted, [])
    if not levels:
        return test, wants
    return f"EXISTS (SELECT 1 FROM {', '.join(levels)} WHERE {test})", [*binds, *wants]  # noqa: S608 - our own words


def _match(value: str, kind_of: str, wanted: Sequence[str], route: list[str]) -> _Sql:
    """Compare one scalar with the wanted texts; `route` is bound before each use of the value and of its type."""
    tests = [f"({kind_of} = 'text' AND {value} IN ({_marks(wanted)}))"]
    binds: list[Any] = [*route, *route, *wanted]
    for truth in {"true", "false"}.intersection(wanted):
        tests.append(f"{kind_of} = '{truth}'")
        binds += route
    numbers = [number for text in wanted if (number := _number(text)) is not None]
    if numbers:
        tests.append(f"({kind_of} IN ('integer', 'real') AND {value} IN ({_marks(numbers)}))")
        binds += [*route, *route, *numbers]
    moments = [moment for text in wanted if (moment := instant(text)) is not None]
    if moments:
        tests.append(f"({kind_of} = 'text' AND instant({value}) IN ({_marks(moments)}))")
        binds += [*route, *route, *moments]
    return f"({' OR '.join(tests)})", binds


def _is_text(value: str) -> bool:
    """Return whether a text could stand in a document: half a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(text: str) -> int | float | None:
    """Return the number that a JSON text is; None for any other text, and for a whole number past SQLite's 64 bits."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, float) or -(2**63) <= value < 2**63 else None


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))

"""All that the databases say differently about JSON, and nothing else: one class of words for each.

A place is what stands at a route of member names beneath a base: the document of a row, or an element of an array.
Texts of queries are always bound, never written into the SQL; a route is bound before each use of its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from gateway.canonical.instants import instant
from gateway.canonical.numbers import number_key
from gateway.canonical.pattern import compiled

__all__ = ["JSON_SQL", "ROOT", "JsonSql", "Place", "Sql", "functions"]

Sql = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. `alias` is the row or the element; `names` is its path from the model's root."""

    alias: str = "t"
    route: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def step(self, name: str) -> "Place":
        """Return the place of a member."""
        return replace(self, route=(*self.route, name), names=(*self.names, name))


ROOT = Place()


class JsonSql(Protocol):
    """What a condition asks of a database."""

    mark: str
    row: str  # what finds a row quickest

    def rows(self, table: str) -> str:
        """Return the rows `t` of a table, so that conditions can look into their documents."""

    def each(self, place: Place, alias: str, *, is_list: bool) -> Sql:
        """Return the elements of an array as rows; a value that is no array, as the only one."""

    def is_kind(self, place: Place, kind: str) -> Sql:
        """Return whether the value is a `text`, a `number`, either (`scalar`), `true`, `false`, either (`truth`).

        `any` is whatever is not nothing.
        """

    def text(self, place: Place) -> Sql:
        """Return a text; what it is for other kinds is left open."""

    def truth(self, place: Place) -> Sql:
        """Return 1 for true, 0 for false; what it is for other kinds is left open."""

    def number(self, place: Place) -> Sql:
        """Return what sorts as the number does, be it a number or a text that is one; NULL for what is none."""

    def instant(self, place: Place) -> Sql:
        """Return what sorts as the instant does; NULL for what is none."""

    def number_bind(self, text: str) -> str | None:
        """Return the bind of a number, to be compared with `number`; None for what is none."""

    def matches(self, value: str, pattern: str) -> str:
        """Return whether a text matches a pattern."""

    def contains(self, value: str, part: str) -> str:
        """Return whether a text contains another."""


class _Sqlite:
    """SQLite: routes are JSON paths; numbers, instants and patterns are functions that each connection is given."""

    mark, row = "?", "rowid"

    def rows(self, table: str) -> str:
        return f"{table} AS t"

    def each(self, place: Place, alias: str, *, is_list: bool) -> Sql:
        here, route = _around(place), _route(place)
        if is_list:
            return f"json_each({here}, ?) AS {alias}", [route]
        listed = f"CASE json_type({here}, ?) WHEN 'array' THEN {here} -> ? ELSE json_array({here} -> ?) END"
        return f"json_each({listed}) AS {alias}", [route] * 3

    def is_kind(self, place: Place, kind: str) -> Sql:
        value, binds = self._of(place, "type", "json_type")
        return f"{value} {_SQLITE_KINDS[kind]}", binds

    def text(self, place: Place) -> Sql:
        return self._of(place, "value", "json_extract")

    def truth(self, place: Place) -> Sql:
        return self.text(place)

    def number(self, place: Place) -> Sql:
        value, binds = self.text(place)
        return f"number_key({value})", binds

    def instant(self, place: Place) -> Sql:
        value, binds = self.text(place)
        return f"instant({value})", binds

    def number_bind(self, text: str) -> str | None:
        return number_key(text)

    def matches(self, value: str, pattern: str) -> str:
        return f"found_in({value}, {pattern})"

    def contains(self, value: str, part: str) -> str:
        return f"instr({value}, {part})"

    def _of(self, place: Place, column: str, function: str) -> Sql:
        if not place.route and place.alias != ROOT.alias:
            return f"{place.alias}.{column}", []
        return f"{function}({_around(place)}, ?)", [_route(place)]


_SQLITE_KINDS = {
    "text": "= 'text'",
    "number": "IN ('integer', 'real')",
    "scalar": "IN ('text', 'integer', 'real')",
    "true": "= 'true'",
    "false": "= 'false'",
    "truth": "IN ('true', 'false')",
    "any": "<> 'null'",
}


def _around(place: Place) -> str:
    if place.alias == ROOT.alias:
        return "t.doc"
    return f"CASE {place.alias}.type WHEN 'object' THEN {place.alias}.value ELSE '{{}}' END"


def _route(place: Place) -> str:
    return "$" + "".join(f'."{name}"' for name in place.route)


_DATE = (
    r"^(\d{4}-(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|\d{4}-(0[469]|11)-(0[1-9]|[12]\d|30)|\d{4}-02-(0[1-9]|1\d|2[0-8])"
    r"|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
    r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)$"
)
_NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?$"


_POSTGRESQL_KINDS = {
    "text": "= 'string'",
    "number": "= 'number'",
    "scalar": "IN ('string', 'number')",
    "truth": "= 'boolean'",
    "any": "<> 'null'",
}


# The document is a text, so that it comes back as it was put. What looks into it parses it once a row (OFFSET keeps the
# planner from doing it at each use), after what columns can tell. jsonb lacks U+0000, which is never found anyway.
_PARSED = r"CROSS JOIN LATERAL (SELECT replace(t.doc, '\u0000', '\ufffd')::jsonb AS doc OFFSET 0) AS parsed"


class _Postgresql:
    """PostgreSQL: routes are arrays of names; numbers and instants are its own, cast only where the text allows it."""

    mark, row = "?", "id"

    def rows(self, table: str) -> str:
        return f"{table} AS t {_PARSED}"

    def each(self, place: Place, alias: str, *, is_list: bool) -> Sql:
        value, binds = self._json(place)
        other = "'[]'::jsonb" if is_list else f"jsonb_build_array({value})"
        listed = f"CASE jsonb_typeof({value}) WHEN 'array' THEN {value} ELSE {other} END"
        return f"jsonb_array_elements({listed}) AS {alias}(value)", binds * (2 if is_list else 3)

    def is_kind(self, place: Place, kind: str) -> Sql:
        value, binds = self._json(place)
        if kind in ("true", "false"):
            return f"{value} = '{kind}'::jsonb", binds
        return f"jsonb_typeof({value}) {_POSTGRESQL_KINDS[kind]}", binds

    def text(self, place: Place) -> Sql:
        value, binds = self._json(place)
        return f"({value} #>> '{{}}') COLLATE \"C\"", binds

    def truth(self, place: Place) -> Sql:
        value, binds = self._json(place)
        return f"CASE {value} WHEN 'true'::jsonb THEN 1 ELSE 0 END", binds

    def number(self, place: Place) -> Sql:
        return self._cast(place, _NUMBER, "numeric")

    def instant(self, place: Place) -> Sql:
        value, binds = self._cast(place, _DATE, "timestamptz")
        return f"(extract(epoch FROM {value}) * 1000000)::bigint", binds

    def number_bind(self, text: str) -> str | None:
        return None if number_key(text) is None else text

    def matches(self, value: str, pattern: str) -> str:
        return f"{value} ~ {pattern}"

    def contains(self, value: str, part: str) -> str:
        return f"strpos({value}, {part}) > 0"

    def _json(self, place: Place) -> Sql:
        base = "parsed.doc" if place.alias == ROOT.alias else f"{place.alias}.value"
        if not place.route:
            return base, []
        return f"({base} #> ?::text[])", [list(place.route)]

    def _cast(self, place: Place, pattern: str, kind: str) -> Sql:
        value, binds = self.text(place)
        return f"(CASE WHEN {value} ~ '{pattern}' THEN {value}::{kind} END)", binds * 2


JSON_SQL: dict[str, JsonSql] = {"sqlite": _Sqlite(), "postgresql": _Postgresql()}
"""The words of each database, by the name that connections have for it."""


def functions() -> Sequence[tuple[str, int, Any]]:
    """Return what SQLite is taught: name, number of arguments, function."""
    return (("instant", 1, instant), ("number_key", 1, number_key), ("found_in", 2, _found_in))


def _found_in(text: object, pattern: str) -> bool:
    return isinstance(text, str) and compiled(pattern).found_in(text)

"""Filters and sort keys as SQL. Nothing of a query's text becomes SQL: paths and values are bound.

A path is walked element by element wherever the model has a list; where the model leaves open what stands there, a
single value is walked as a list of one. A text equals as it is, a number by its value, a boolean as true or false, and
an instant in every spelling of it. A text with the character U+0000 is never found: SQLite ends it there.
"""

import re
from collections.abc import Callable, Sequence
from itertools import count

from gateway.canonical.instants import instant
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.numbers import number_key
from gateway.canonical.pattern import compiled
from gateway.ports.errors import FaceError
from gateway.ports.query import AllOf, AnyOf, Condition, Filter, Negated, Operator, SortKey, Within
from gateway.storage.json_sql import JSON_SQL, ROOT, JsonSql, Place, Sql
from gateway.storage.sets import COLUMNS, column_of
from gateway.storage.shapes import Shape, Type, shapes, type_at

__all__ = ["SEGMENT", "Conditions", "equal"]

SEGMENT = re.compile(r"[^\x00-\x1f\"\\.\[\]]{1,100}")  # what can stand between quotes in a JSON path

_PLAIN = re.compile(r"[\w ./:@+-]+", re.ASCII)
_MOST_SEGMENTS = 16
_MOST_VALUES = 1000
_ORDERS = {Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<="}


class Conditions:
    """Makes the SQL of one query on one kind, in the words of one database."""

    def __init__(self, kind: ResourceKind, dialect: str) -> None:
        self._kind, self._json = kind, JSON_SQL[dialect]
        self._aliases = (f"e{number}" for number in count(1))

    def all_of(self, filters: Sequence[Filter]) -> Sql:
        """Return the condition that all of them hold. Raises FaceError 400 for a bad path, pattern or value."""
        return self._joined(" AND ", filters, ROOT) if filters else ("1 = 1", [])

    def keys(self, keys: Sequence[SortKey]) -> list[tuple[str, list[object], bool]]:
        """Return what sorts a page: value, binds, whether it descends. Raises FaceError 400 for a bad path."""
        return [(text, binds, key.descending) for key in keys for text, binds in self._sort_values(key)]

    def _of(self, node: Filter, place: Place) -> Sql:
        match node:
            case AllOf(parts):
                return self._joined(" AND ", parts, place)
            case AnyOf(parts):
                return self._joined(" OR ", parts, place)
            case Negated(part):
                text, binds = self._of(part, place)
                return f"NOT (({text}) IS TRUE)", binds
            case Within():
                return self._walk(place, node.path, lambda at: self._of(node.part, at), is_element=True)
            case Condition():
                return self._condition(node, place)

    def _joined(self, word: str, parts: Sequence[Filter], place: Place) -> Sql:
        if not parts:
            return "1 = 1" if word == " AND " else "1 = 0", []
        made = [self._of(part, place) for part in parts]
        return f"({word.join(text for text, _ in made)})", [bind for _, binds in made for bind in binds]

    def _condition(self, node: Condition, place: Place) -> Sql:
        path, operator = node.path, node.operator
        if len(node.values) > _MOST_VALUES:
            raise FaceError(400, "invalidFilter", f"{path} asks for more than {_MOST_VALUES} values", "ask for fewer")
        if operator is Operator.EXISTS:
            return self._walk(place, path, lambda at: self._json.is_kind(at, "any"))
        wanted = tuple(value for value in node.values if _is_text(value))
        if not wanted:
            return "1 = 0", []
        if operator is Operator.EQ:
            return self._equality(place, path, wanted)
        if operator is Operator.REGEX:
            patterns = [_pattern(path, value) for value in wanted]
            return self._walk(place, path, lambda at: self._matching(at, patterns))
        return self._walk(place, path, lambda at: self._ordered(at, _ORDERS[operator], wanted))

    def _equality(self, place: Place, path: str, wanted: tuple[str, ...]) -> Sql:
        if place == ROOT and path in COLUMNS:
            return f"t.{column_of(self._kind, path)} IN ({_marks(self._json, wanted)})", list(wanted)
        text, binds = self._walk(
            place, path, lambda at: equal(self._json, at, wanted, kind=type_at(self._kind, at.names))
        )
        if place == ROOT and path == "external_ids.value":
            # The column holds the only one; '' marks the few rows that have several.
            only = [value for value in wanted if value]
            if not only:
                return f"(t.external = '' AND {text})", binds
            marks = _marks(self._json, only)
            return f"(t.external IN ({marks}) OR (t.external = '' AND {text}))", [*only, *binds]
        if all(_PLAIN.fullmatch(value) and instant(value) is None and number_key(value) is None for value in wanted):
            # A text that is nowhere in the document is not at the path either, and a search is quicker than a parse.
            somewhere = " OR ".join(self._json.contains("t.doc", self._json.mark) for _ in wanted)
            return f"(({somewhere}) AND {text})", [*wanted, *binds]
        return text, binds

    def _walk(self, place: Place, path: str, test: Callable[[Place], Sql], *, is_element: bool = False) -> Sql:
        """Test what is at a path beneath a place, list by list; with `is_element`, an object at its end is one too."""
        levels, binds, place = self._descend(place, path)
        text, some = test(place)
        if is_element and not levels:
            exists, more = self._json.is_kind(place, "any")
            return f"({exists} AND {text})", [*more, *some]
        if not levels:
            return text, some
        return f"EXISTS (SELECT 1 FROM {', '.join(levels)} WHERE {text})", [*binds, *some]  # noqa: S608 - our own words

    def _descend(self, place: Place, path: str) -> tuple[list[str], list[object], Place]:
        """Return the lists that are walked on a path, their binds, and the place in the last of them."""
        levels, binds = list[str](), list[object]()
        for name, shape in self._steps(place, path):
            place = place.step(name)
            if shape is not Shape.ONE:
                alias = next(self._aliases)
                text, some = self._json.each(place, alias, is_list=shape is Shape.MANY)
                levels.append(text)
                binds += some
                place = Place(alias, (), place.names)
        return levels, binds, place

    def _steps(self, place: Place, path: str) -> list[tuple[str, Shape]]:
        if not path and place != ROOT:
            return []
        names = tuple(path.split("."))
        if len(names) > _MOST_SEGMENTS or not all(SEGMENT.fullmatch(name) for name in names):
            raise FaceError(400, "invalidFilter", f"{path[:100]!r} is no path", "use member names joined by dots")
        found = shapes(self._kind, (*place.names, *names))
        return list(zip(names, found[len(place.names) :], strict=True))

    def _ordered(self, place: Place, sign: str, wanted: Sequence[str]) -> Sql:
        tests = list[str]()
        binds = list[object]()
        for text in wanted:
            number, moment = self._json.number_bind(text), instant(text)
            if number is not None:
                guard, first = self._json.is_kind(place, "scalar")
                value, second = self._json.number(place)
                value, some = f"{guard} AND {value}", [*first, *second]
                bound: object = number
            elif moment is not None:
                value, some = self._json.instant(place)
                bound = moment
            else:
                guard, first = self._json.is_kind(place, "text")
                value, second = self._json.text(place)
                value, some, bound = f"{guard} AND {value}", [*first, *second], text
            tests.append(f"({value} {sign} {self._json.mark})")
            binds += [*some, bound]
        return f"({' OR '.join(tests)})", binds

    def _matching(self, place: Place, patterns: Sequence[str]) -> Sql:
        (guard, first), (value, second) = self._json.is_kind(place, "text"), self._json.text(place)
        matches = f"({guard} AND {self._json.matches(value, self._json.mark)})"
        binds = [bind for pattern in patterns for bind in (*first, *second, pattern)]
        return f"({' OR '.join([matches] * len(patterns))})", binds

    def _sort_values(self, key: SortKey) -> list[Sql]:
        """Return the values that a key sorts by: its number and its text, or what the model says it is alone."""
        if key.path in COLUMNS:
            return [(f"t.{key.path}", [])]
        best = "max" if key.descending else "min"
        kind = type_at(self._kind, tuple(key.path.split(".")))
        return [self._least(key.path, best, guard, value) for guard, value in self._sorts(kind)]

    def _sorts(self, kind: Type) -> Sequence[tuple[str, Callable[[Place], Sql]]]:
        number, text = ("number", self._json.number), ("text", self._json.text)
        return {
            Type.TEXT: [text],
            Type.INSTANT: [("text", self._json.instant)],
            Type.DECIMAL: [("text", self._json.number)],
            Type.NUMBER: [number],
            Type.OPEN: [number, text, ("truth", self._json.truth)],
        }[kind]

    def _least(self, path: str, best: str, kind: str, value: Callable[[Place], Sql]) -> Sql:
        levels, binds, place = self._descend(ROOT, path)
        (guard, first), (text, second) = self._json.is_kind(place, kind), value(place)
        chosen = f"CASE WHEN {guard} THEN {text} END"
        if not levels:
            return f"({chosen})", [*first, *second]
        return f"(SELECT {best}({chosen}) FROM {', '.join(levels)})", [*first, *second, *binds]  # noqa: S608 - the same


def equal(words: JsonSql, place: Place, wanted: Sequence[str], *, kind: Type = Type.OPEN) -> Sql:
    """Return whether a value equals any of the texts, each value by what it is."""
    tests = [_guarded(words, "text", place, words.text(place), wanted)]
    tests += [words.is_kind(place, truth) for truth in ("true", "false") if truth in wanted]
    numbers = [bind for text in wanted if (bind := words.number_bind(text)) is not None]
    if numbers:
        guard = "text" if kind is Type.DECIMAL else "number"
        tests.append(_guarded(words, guard, place, words.number(place), numbers))
    moments = [moment for text in wanted if (moment := instant(text)) is not None]
    if moments:
        tests.append(_guarded(words, "text", place, words.instant(place), moments))
    return f"({' OR '.join(text for text, _ in tests)})", [bind for _, binds in tests for bind in binds]


def _guarded(words: JsonSql, kind: str, place: Place, value: Sql, wanted: Sequence[object]) -> Sql:
    """Compare a value only where it is of the kind, so that no text is taken for a number of that spelling."""
    (guard, first), (text, second) = words.is_kind(place, kind), value
    return f"({guard} AND {text} IN ({_marks(words, wanted)}))", [*first, *second, *wanted]


def _marks(words: JsonSql, values: Sequence[object]) -> str:
    return ", ".join([words.mark] * len(values))


def _pattern(path: str, text: str) -> str:
    try:
        compiled(text)
    except ValueError as error:
        raise FaceError(
            400, "invalidFilter", f"the pattern for {path} cannot be used: {error}", "send a simpler one", path=path
        ) from None
    return text


def _is_text(value: str) -> bool:
    """Return whether a text could stand in a document: half a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

"""The attributes that a resource has on one wire: where the model keeps them, and how it writes their values."""

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from operator import ge, gt, le, lt
from typing import Any

from gateway.canonical.pattern import compiled
from gateway.faces.documents import resolve
from gateway.faces.problems import problem
from gateway.faces.rows import (
    Amount,
    Coded,
    Computed,
    Fixed,
    Inline,
    Instant,
    Many,
    Number,
    One,
    Own,
    Row,
    read_instant,
)
from gateway.faces.shape import Shape
from gateway.faces.typed import Carried
from gateway.faces.typed_shape import TypedShape, Wrapped
from gateway.ports.errors import FaceError
from gateway.ports.query import AnyOf, Condition, Filter, Negated, Operator

__all__ = ["Attributes", "Found", "instant_words"]

ORDERED = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})

_IN_ORDER = {Operator.GT: gt, Operator.GTE: ge, Operator.LT: lt, Operator.LTE: le}


@dataclass(frozen=True, slots=True)
class Found:
    """An attribute: its name on the wire, its path in the model, the row that converts its values, if any does.

    `others` are further places of what the wire says under this name: a path, and the word that is said wherever
    something stands there, None where the value itself is.
    """

    name: str
    path: tuple[str, ...]
    row: Row | None = None
    others: tuple[tuple[str, str | None], ...] = ()

    @property
    def is_object(self) -> bool:
        """Whether it is an object or an array of them, which has no value to compare."""
        return isinstance(self.row, One | Many)

    def compared(self, operator: Operator, values: list[str]) -> Filter:
        """Return the condition in canonical words. Raises FaceError 400 for what cannot be compared so."""
        found = self._compared(operator, values)
        if not self.others:
            return found
        elsewhere = [self._elsewhere(path, word, operator, values) for path, word in self.others]
        return AnyOf((found, *(one for one in elsewhere if one is not None)))

    def _elsewhere(self, path: str, word: str | None, operator: Operator, values: list[str]) -> Filter | None:
        if word is None:
            return Found(self.name, tuple(path.split("."))).compared(operator, values)
        if operator is Operator.REGEX:
            is_said = any(compiled(value).found_in(word) for value in values)
        elif operator in ORDERED:
            is_said = any(_IN_ORDER[operator](word, value) for value in values)
        else:
            is_said = operator is Operator.EXISTS or word in values
        return Condition(path, Operator.EXISTS) if is_said else None

    def _compared(self, operator: Operator, values: list[str]) -> Filter:
        path, row = ".".join(self.path), self.row
        if operator is Operator.EXISTS:
            return Condition(path, operator)
        if self.is_object:
            raise _unknown(self.name)
        if operator is Operator.REGEX:
            return self._matched(path, values)
        if operator in ORDERED:
            return Condition(path, operator, tuple(self._ordered(value) for value in values))
        if isinstance(row, Computed):
            wanted = [value.rstrip("/").rpartition("/")[2] for value in values]
        elif isinstance(row, Coded):
            wanted = [word for value in values for word in row.words(value) or (value,)]
        else:
            wanted = [instant_words(value) or value for value in values]
        return Condition(path, Operator.EQ, tuple(dict.fromkeys(wanted)))

    def _matched(self, path: str, values: list[str]) -> Filter:
        try:
            patterns = [compiled(value) for value in values]
        except ValueError as error:
            raise self._bad(f"the pattern for {self.name} is not read: {error}", "send a simpler one") from None
        if isinstance(self.row, Computed):
            raise self._bad(f"{self.name} can be compared with = alone", "compare the id with a pattern")
        if isinstance(self.row, Coded):  # a pattern is about the words of this wire
            said = self.row.table.items()
            codes = [str(code) for code, word in said if any(one.found_in(word) for one in patterns)]
            return Condition(path, Operator.EQ, tuple(codes))
        return Condition(path, Operator.REGEX, tuple(values))

    def _ordered(self, value: str) -> str:
        if isinstance(self.row, Computed):
            raise self._bad(f"{self.name} can be compared with = alone", "compare the id")
        if isinstance(self.row, Instant):
            moment = instant_words(value) or instant_words(f"{value}T00:00:00Z")
            if moment is None:
                raise self._bad(f"{self.name} is compared with no instant", "send a date-time with its offset")
            return moment
        if isinstance(self.row, Amount | Number) and not _is_number(value):
            raise self._bad(f"{self.name} is compared with no number", "send a number")
        return instant_words(value) or value

    def _bad(self, reason: str, fix: str) -> FaceError:
        return problem("badParameter", reason=reason, fix=fix, path=self.name)


class Attributes:
    """Finds the attributes of one kind of resource.

    Those that a document knows and the model does not are kept in the extras.
    """

    def __init__(self, document: dict[str, Any], schema: str, shape: Shape[Any]) -> None:
        self._document = document
        self._schema: dict[str, Any] = {"$ref": f"#/components/schemas/{schema}"}
        self._shape = shape

    def find(self, name: str) -> Found:
        """Return an attribute by its dotted name. Raises FaceError 400 for one that the resource lacks."""
        found = self._find(name.split("."))
        if found is None:
            raise _unknown(name)
        first, _, rest = name.partition(".")
        also = getattr(self._shape.rows.get(first), "also", {}).get(rest)
        return replace(found, name=name, others=found.others if also is None else (also,))

    def knows(self, name: str) -> bool:
        """Return whether the resource has an attribute of that dotted name."""
        return self._find(name.split(".")) is not None

    def condition(self, name: str, operator: Operator, values: list[str], *, negated: bool = False) -> Filter:
        """Return a filter in canonical words; negated, none of the values may be there. Raises FaceError 400."""
        found = self.find(name).compared(operator, values)
        return Negated(found) if negated else found

    def _find(self, steps: list[str]) -> Found | None:  # noqa: C901, PLR0911 - one row kind a line
        path: list[str] = []
        shape: Shape[Any] | None = self._shape
        schema: dict[str, Any] = self._schema
        while steps:
            key, *steps = steps
            row = shape.rows.get(key) if shape is not None else None
            member = self._member(schema, key)
            if isinstance(shape, Wrapped) and key == shape.member and steps:
                schema = member or {}  # what is inside is flat in the model
                continue
            carried = shape.carried.get(key) if row is None and isinstance(shape, TypedShape) else None
            if carried is not None:
                return self._carried(carried, member, steps, [*path, "extras", key])
            if row is None or isinstance(row, Fixed):
                return self._beneath(member, steps, [*path, "extras", key])
            if isinstance(row, Computed):
                return None if steps else _found([*path, "id"], row)
            if isinstance(row, Inline) and row.rows and steps:
                steps[0] = getattr(row, "spelled", {}).get(steps[0], steps[0])
                inner = row.rows.get(steps[0])
                if inner is None:
                    return self._beneath(member, steps, [*path, "extras", key])
                row, member, steps = inner, self._member(member or {}, steps[0]), steps[1:]
            if isinstance(row, Inline) and not (row.covers and steps):
                return None  # an object whose members the model holds flat has no value of its own
            path.append(row.covers[0] if row.covers else row.name)
            if isinstance(row, Own) and row.within:
                return None if steps else _found([*path, *row.within], row)
            if isinstance(row, Amount):
                part = {"value": "amount", "unit": "currency"}.get(".".join(steps))
                return None if part is None else _found([*path, part], row if part == "amount" else None)
            shape = getattr(row, "shape", None) or getattr(row, "element", None)
            if shape is None:
                is_open = member is not None and not resolve(self._document, member).get("type")
                return _found([*path, *steps], row) if not steps or is_open else None
            schema = member or {}
            if not steps:
                return _found(path, row)
            steps[0] = getattr(row, "spelled", {}).get(steps[0], steps[0])
        return None

    def _carried(
        self, carried: Carried, schema: dict[str, Any] | None, steps: list[str], path: list[str]
    ) -> Found | None:
        """Find what lies in the extras in the form of another version, or as it came."""
        declared = steps[1:] if steps and steps[0] == carried.lifted else steps
        if self._beneath(schema, declared, []) is None:
            return None
        plain, kept = [*path, *steps], [*path, *carried.kept_at(steps)]
        found = _found(kept, None)
        return found if plain == kept else replace(found, others=((".".join(plain), None),))

    def _beneath(self, schema: dict[str, Any] | None, steps: list[str], path: list[str]) -> Found | None:
        for step in steps:
            schema = None if schema is None else self._member(schema, step)
        return None if schema is None else _found([*path, *steps], None)

    def _member(self, schema: dict[str, Any], key: str) -> dict[str, Any] | None:
        """Return the schema of a member, looking through references, arrays and combinations."""
        schema = resolve(self._document, schema)
        if "items" in schema:
            return self._member(schema["items"], key)
        if key in schema.get("properties", {}):
            found: dict[str, Any] = schema["properties"][key]
            return found
        parts = (self._member(part, key) for part in [*schema.get("allOf", []), *schema.get("anyOf", [])])
        return next((part for part in parts if part is not None), None)


def instant_words(value: str) -> str | None:
    """Return an instant as the model writes it, None for what is none; a raw + in a query arrives as a blank."""
    head, blank, zone = value.rpartition(" ")
    try:
        moment = read_instant(f"{head}+{zone}" if blank else value)
    except ValueError:
        return None
    text = moment.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def _found(path: list[str], row: Row | None) -> Found:
    return Found("", tuple(path), row)


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _unknown(name: str) -> FaceError:
    return problem(
        "unknownAttribute",
        reason=f"{name} is no attribute of this resource that can be compared",
        fix="name an attribute of the document, with = or one of .eq .ne .gt .gte .lt .lte .regex, and a value",
        path=name,
    )

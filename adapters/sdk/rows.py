"""Answers of a legacy system that note what is read of them: rows of JSON, of a database or of a file.

A member is named by what the answer is and its path, without indices: `invoice.lines.text`. One without a value (None,
an empty text or list) is no loss. Outside a translation (`adapters.sdk.loss`) everything is handed back as it came.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar, overload
from xml.etree.ElementTree import Element

from pydantic import BaseModel

from adapters.sdk.notes import Notes, current_notes
from gateway.ports.loss import Fate

__all__ = ["Row", "read_row", "reading"]

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
_PLAIN = (str, int, float, bool, Decimal)
_EXACT = frozenset({(int, Decimal), (str, Decimal), (int, float)})


class Row(dict[str, Any]):
    """A mapping that notes which of its members are read. What looks at it whole reads all of it."""

    def __init__(self, members: Mapping[str, Any], path: str, notes: Notes) -> None:
        super().__init__(members)
        self.path, self.notes = path, notes

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        path = f"{self.path}.{key}"
        if isinstance(value, dict | list) and value:
            return _wrapped(value, path, self.notes)
        self.notes.seen.add(path)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """Return a member, or the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().keys()))

    def keys(self) -> Any:
        """Return the names of the members."""
        return dict.fromkeys(self).keys()

    def items(self) -> Any:
        """Return the members with their names, all of them read."""
        return {key: self[key] for key in self}.items()

    def values(self) -> Any:
        """Return the members, all of them read."""
        return {key: self[key] for key in self}.values()

    def copy(self) -> dict[str, Any]:
        """Return a plain copy, all of it read."""
        return dict(self.items())

    def __or__(self, other: Any) -> Any:
        return self.copy() | other


@overload
def reading(answer: Element, what: str) -> Element: ...
@overload
def reading(answer: T, what: str) -> T: ...
def reading(answer: Any, what: str) -> Any:
    """Return an answer, or a list of rows, that notes what is read of it, under a name for what it is."""
    notes = current_notes()
    if notes is None or isinstance(answer, Row):
        return answer
    if isinstance(answer, Element):
        notes.elements.update(_elements(answer, what, notes))
        return answer
    notes.present |= dict.fromkeys(_members(answer, what))
    return _wrapped(answer, what, notes)


def read_row(model: type[M], row: Any, what: str, **more: Any) -> M:
    """Return a row as a model, with `more` beside it. Its fields are read; what it does not name is not.

    Raises pydantic's ValidationError, and TypeError for what is no row.
    """
    made = model.model_validate({**_plain(row), **more})
    notes = current_notes()
    if notes is not None:
        path = row.path if isinstance(row, Row) else what
        if not isinstance(row, Row):
            notes.present |= dict.fromkeys(_members(row, path))
        _compare(made, row, path, notes, set(more))
    return made


def _wrapped(value: Any, path: str, notes: Notes) -> Any:
    if isinstance(value, dict):
        return value if isinstance(value, Row) else Row(value, path, notes)
    if isinstance(value, list):
        if not any(isinstance(one, dict | list) for one in value):
            notes.seen.add(path)
        return [_wrapped(one, path, notes) for one in value]
    return value


def _members(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key in dict.keys(value):
            yield from _members(dict.__getitem__(value, key), f"{path}.{key}")
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for one in value:
            yield from _members(one, path)
    elif value is not None and value not in ("", []):
        yield path


def _elements(element: Element, path: str, notes: Notes) -> Iterator[tuple[int, tuple[Element, str]]]:
    """Yield each element with its path, and note what there is of it. They are kept, so that ids stay theirs."""
    yield id(element), (element, path)
    notes.present |= dict.fromkeys(f"{path}@{name}" for name, value in element.attrib.items() if value)
    if (element.text or "").strip():
        notes.present[path] = None
    for child in element:
        yield from _elements(child, f"{path}.{child.tag}", notes)


def _compare(made: BaseModel, row: Any, path: str, notes: Notes, more: set[str]) -> None:
    for name, spec in type(made).model_fields.items():
        if name in more:
            continue
        value = getattr(made, name)
        key = next(
            (one for one in (spec.alias, spec.validation_alias, name) if isinstance(one, str) and one in row), None
        )
        if key is None:
            if value is not None and value not in ((), [], {}, ""):
                member = f"{path}.{name}"
                notes.present[member] = None
                notes.made[member] = Fate.DEFAULTED, f"{value!r} where the system says nothing"
            continue
        _compare_value(value, dict.__getitem__(row, key), f"{path}.{key}", notes)


def _compare_value(value: Any, raw: Any, path: str, notes: Notes) -> None:
    if isinstance(value, BaseModel) and isinstance(raw, dict):
        _compare(value, raw, path, notes, set())
    elif isinstance(value, tuple | list) and isinstance(raw, list):
        notes.seen.add(path)
        for one, said in zip(value, raw, strict=False):
            _compare_value(one, said, path, notes)
    else:
        notes.seen.update(_members(raw, path))
        kinds = type(raw), type(value)
        if kinds[0] is not kinds[1] and kinds not in _EXACT and all(kind in _PLAIN for kind in kinds):
            notes.made[path] = Fate.COERCED, f"{kinds[0].__name__} read as {kinds[1].__name__}"


def _plain(row: Any) -> dict[str, Any]:
    """Return the members of a row without reading them. Raises TypeError for what is no row."""
    return {key: dict.__getitem__(row, key) for key in dict.keys(row)}

"""The conversion engine that all spokes share: a table of rows for one kind of object, read and written.

`read` renames a whole wire object into plain dicts, so that one `model_validate` builds the models; `write` walks
the models' attributes. Members that a table does not name go to `extras` and come back where they stood.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from gateway.canonical.base import Extended
from gateway.faces.rows import NOTHING, UNREADABLE, Amount, Computed, Fixed, Inline, Plain, Row

__all__ = ["Shape"]

M = TypeVar("M", bound=Extended)


class Shape(Generic[M]):
    """The table of one kind of object on one wire.

    A row given as text means the same value under that canonical name. `constants` are canonical members that the
    wire does not say. `demanded` are the tables of members that the model has no name for, of which this wire demands
    more than others do: they stay as they came, completed. Shapes may name each other and themselves: `add` grows one
    after it was made.
    """

    always_shown: frozenset[str] = frozenset()
    """Members that `fields` leaves in every object."""

    def __init__(
        self,
        model: type[M],
        rows: Mapping[str, Row | str],
        *,
        constants: Mapping[str, Any] | None = None,
        demanded: Mapping[str, "Shape[Any]"] | None = None,
    ) -> None:
        self.model = model
        self.constants, self.demanded = dict(constants or {}), dict(demanded or {})
        self.rows: dict[str, Row] = {}
        for key, row in rows.items():
            self.add(key, row)

    def add(self, key: str, row: Row | str) -> None:
        """Add a row; only while the tables are made, never once the shape is in use."""
        self.rows[key] = Plain(row) if isinstance(row, str) else row

    def parse(self, wire: Mapping[str, Any]) -> M:
        """Return the model of a wire object.

        A value that does not convert stays in the extras under its wire name. Raises ValueError where not even the
        object around it can be built.
        """
        members = self.read(wire)
        try:
            return self.model.model_validate(members)
        except ValidationError:
            return self._settle(members, wire)

    @cached_property
    def read(self) -> Callable[[Any], dict[str, Any]]:  # noqa: C901 - one loop, flat for speed
        """The function from a wire object to the members of the model, as plain data."""
        table: dict[str, tuple[str | None, Callable[..., Any] | None]] = {}
        fixed = {key: row.word for key, row in self.rows.items() if isinstance(row, Fixed)}
        ignored = {key for key, row in self.rows.items() if isinstance(row, Computed)}
        for key, row in self.rows.items():
            if isinstance(row, Amount | Inline):
                table[key] = (None, row.spread(key))
            elif key not in fixed and key not in ignored:
                table[key] = (row.name, row.reader())
        find, constants = table.get, self.constants

        def read(wire: Any) -> dict[str, Any]:
            members: dict[str, Any] = dict(constants) if constants else {}
            extras: dict[str, Any] = {}
            for key, value in wire.items():
                row = find(key)
                if row is None:
                    if key not in ignored and not (key in fixed and fixed[key] == value):
                        extras[key] = value
                    continue
                if value is None:  # the wire's way of saying nothing
                    continue
                name, convert = row
                if convert is None:
                    members[name] = value  # type: ignore[index]
                    continue
                try:
                    if name is not None:
                        members[name] = convert(value)
                    else:
                        rest = convert(value, members)
                        if rest is not None:
                            extras[key] = rest
                except UNREADABLE:
                    extras[key] = value
            if extras:
                members["extras"] = extras
            return members

        return read

    @cached_property
    def write(self) -> Callable[[M], dict[str, Any]]:
        """The function from a model to its wire object, a new one each time."""
        inline = tuple((key, row.gather()) for key, row in self.rows.items() if isinstance(row, Inline))
        plain = tuple(
            (row.name, key, row.writer())
            for key, row in self.rows.items()
            if not isinstance(row, Inline | Fixed | Computed)
        )
        always = tuple((key, row.empty) for key, row in self.rows.items() if row.always)
        always += tuple((key, partial(_same, row.word)) for key, row in self.rows.items() if isinstance(row, Fixed))

        complete = self._complete

        def write(model: M) -> dict[str, Any]:
            values = model.__dict__
            out: dict[str, Any] = {}
            for name, key, convert in plain:
                value = values[name]
                if value is None or value is NOTHING:
                    continue
                out[key] = value if convert is None else convert(value)
            for key, gather in inline:
                value = gather(values)
                if value is not None:
                    out[key] = value
            if values["extras"]:
                _put_back(out, values["extras"])
                complete(out, values["extras"])
            for key, empty in always:
                if key not in out:
                    out[key] = empty()
            return out

        return write

    def completed(self, wire: Any) -> Any:
        """Return a wire object, or an array of them, as it came, with what this wire demands of every such object."""
        if isinstance(wire, list):
            return [self.completed(one) for one in wire]
        if not isinstance(wire, dict):
            return wire
        out = {key: _completed(self.rows[key], value) if key in self.rows else value for key, value in wire.items()}
        for key, row in self.rows.items():
            if row.always and key not in out:
                out[key] = row.empty()
            elif isinstance(row, Fixed):
                out.setdefault(key, row.word)
        return out

    def _complete(self, out: dict[str, Any], extras: Mapping[str, Any]) -> None:
        """Complete what stands as it came: what could not be read, and what this wire demands more of."""
        for key in extras:
            if key in self.rows:
                out[key] = _completed(self.rows[key], out[key])
            elif key in self.demanded:
                out[key] = self.demanded[key].completed(out[key])

    @cached_property
    def places(self) -> dict[str, tuple[str, ...]]:
        """The rows' names for each canonical member: one, or two where it lies in an object of its own."""
        found: dict[str, tuple[str, ...]] = {}
        for key, row in self.rows.items():
            if row.covers:
                found |= dict.fromkeys(row.covers, (key,))
            elif isinstance(row, Inline):
                found |= {inner.name: (key, inner_key) for inner_key, inner in row.rows.items()}
            elif row.name:
                found[row.name] = (key,)
        return found

    def at(self, key: str) -> tuple[str, ...]:
        """Return where a row's member stands on the wire."""
        return (key,)

    def said_at(self, name: str) -> tuple[str, ...]:
        """Return where a canonical member stands on the wire."""
        key, *inner = self.places[name]
        return (*self.at(key), *inner)

    def flat(self, wire: Any) -> Any:
        """Return a wire object as the rows know it: as it is."""
        return wire

    def row_of(self, name: str) -> Row | None:
        """Return the row that says a canonical member, or None."""
        place = self.places.get(name)
        if place is None:
            return None
        row = self.rows[place[0]]
        return row.rows[place[1]] if isinstance(row, Inline) and len(place) > 1 else row

    def _settle(self, members: dict[str, Any], wire: Mapping[str, Any]) -> M:
        """Build the model although some values do not fit: put those back into the extras, as they came."""
        for _ in range(100):
            try:
                return self.model.model_validate(members)
            except ValidationError as error:
                first = error.errors(include_url=False, include_context=False, include_input=False)[0]
                self._set_aside(members, wire, first["loc"])
        raise ValueError(f"a {self.model.__name__} with more faults than can be set aside")

    def _set_aside(self, members: dict[str, Any], wire: Mapping[str, Any], location: tuple[Any, ...]) -> None:
        """Move the innermost named member on the way to `location` from the members to the extras around it."""
        shape: Shape[Any] = self
        around, source, best = members, self.flat(wire), None
        for position, step in enumerate(location):
            if isinstance(step, int):
                continue
            place = shape.places.get(step)
            if place is None or step not in around:
                break
            best = (around, source, step, place)
            row, value, raw = shape.row_of(step), around[step], source.get(place[0])
            if not hasattr(row, "shape") or len(place) > 1:
                break
            shape = row.shape  # type: ignore[union-attr]
            index = next((i for i in location[position + 1 : position + 2] if isinstance(i, int)), None)
            if index is not None and isinstance(raw, list):
                raw = raw[index]
            around, source = value if index is None else value[index], shape.flat(raw)
        if best is None:
            raise ValueError(f"no {self.model.__name__}: {'.'.join(map(str, location))} is missing or wrong")
        around, source, step, place = best
        value = around.pop(step)
        raw = source.get(place[0], value)  # a row may know a second spelling: then what was read stands for it
        extras = around.setdefault("extras", {})
        if len(place) == 1:
            extras[place[0]] = raw
        else:
            extras.setdefault(place[0], {})[place[1]] = raw[place[1]]


def _same(word: Any) -> Any:
    return word


def _completed(row: Row, value: Any) -> Any:
    shape = getattr(row, "element", None) or getattr(row, "shape", None)
    if shape is not None:
        return shape.completed(value)
    return row.completed(value) if isinstance(row, Inline) and isinstance(value, dict) else value


def _put_back(out: dict[str, Any], extras: Mapping[str, Any]) -> None:
    for key, value in extras.items():
        known = out.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            merged = dict(known)
            _put_back(merged, value)
            out[key] = merged
        elif known is None or known == "" or key == "@type":  # what the gateway has set since stands before what it was
            out[key] = value

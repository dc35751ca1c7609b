"""The rows of a spoke's tables: how one wire member becomes a canonical one, and how it is said again.

A row is data: which member, which table. What a row does is a pair of small closures, made once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.faces.shape import Shape

__all__ = [
    "NOTHING",
    "UNREADABLE",
    "Amount",
    "Coded",
    "Computed",
    "Fixed",
    "Inline",
    "Instant",
    "Many",
    "Number",
    "One",
    "Own",
    "Plain",
    "Row",
    "instant_text",
    "number",
    "read_instant",
]

NOTHING: tuple[Any, ...] = ()
"""What an empty array is in the model; the interpreter keeps one empty tuple, so it is found by identity."""

Convert = Callable[[Any], Any]
Spread = Callable[[Any, dict[str, Any]], dict[str, Any] | None]
Gather = Callable[[Mapping[str, Any]], dict[str, Any] | None]


def read_instant(text: str) -> datetime:
    """Return an instant. Raises ValueError for anything without an offset, TypeError for what is no text."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return value


def instant_text(value: datetime) -> str:
    """Return an instant as the wire says it: whole or milliseconds where that is all there is, `Z` for UTC."""
    micro = value.microsecond
    text = value.isoformat() if micro == 0 or micro % 1000 else value.isoformat(timespec="milliseconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def number(value: Decimal) -> float | Decimal:
    """Return a decimal as a JSON number that says exactly the same; as itself where no float does."""
    text = str(value)
    if text.isdecimal():
        return int(text)
    near = float(text)
    return near if Decimal(repr(near)) == value else value


@dataclass(frozen=True)
class Row:
    """One wire member and the canonical member that it becomes.

    `always`: said even when it is empty. `covers`: the canonical members, where a row has several of them.
    """

    name: str = ""
    always: bool = field(default=False, kw_only=True)
    covers: tuple[str, ...] = field(default=(), kw_only=True)

    def reader(self) -> Convert | None:
        """Return the conversion from the wire, None where the value stays as it is."""
        return None

    def writer(self) -> Convert | None:
        """Return the conversion to the wire, None where the value stays as it is."""
        return None

    def empty(self) -> Any:
        """What is said where nothing is known and the document requires something."""
        return None

    def said(self, value: Any) -> Any:
        """Return how the wire says a canonical value; equal results cannot be told apart on this wire."""
        convert = self.writer()
        return value if convert is None or value is None or value == NOTHING else convert(value)


@dataclass(frozen=True)
class Plain(Row):
    """The same value on both sides. `fallback` is what `always` says where nothing is known."""

    fallback: Any = None

    def empty(self) -> Any:
        """The fallback."""
        return self.fallback


@dataclass(frozen=True)
class Instant(Row):
    """A date-time with its offset."""

    def reader(self) -> Convert:
        """Text to an instant."""
        return read_instant

    def writer(self) -> Convert:
        """An instant to text."""
        return instant_text


@dataclass(frozen=True)
class Number(Row):
    """A decimal; JSON numbers are read as they are written."""

    def writer(self) -> Convert:
        """A decimal to a JSON number."""
        return number


@dataclass(frozen=True)
class Coded(Row):
    """A code: `table` holds every canonical code and how this wire says it.

    Where several canonical codes are said alike, the first of them is what the wire word means. `aliases` are further
    words that are read. `target` is what a list of words that could not be read calls this table.
    """

    table: Mapping[Any, str] = field(default_factory=dict)
    aliases: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    target: str = field(default="", kw_only=True)

    def reader(self) -> Convert:
        """A wire word to a canonical code; KeyError for a word that the table lacks."""
        meanings: dict[str, Any] = {}
        for code, word in self.table.items():
            meanings.setdefault(word, code)
        return (dict(self.aliases) | meanings).__getitem__

    def writer(self) -> Convert:
        """A canonical code to its wire word."""
        return dict(self.table).__getitem__

    def word(self, value: Any) -> Any:
        """Return the word in a wire value, None where it has none."""
        return value

    def words(self, word: str) -> tuple[str, ...]:
        """Return every canonical code that this wire says as `word`."""
        return tuple(str(code) for code, said in self.table.items() if said == word)


@dataclass(frozen=True)
class One(Row):
    """An object of another shape."""

    shape: "Shape[Any]" = field(default=None, repr=False)  # type: ignore[arg-type]

    def reader(self) -> Convert:
        """An object to members of the other shape."""
        shape = self.shape
        return lambda value: shape.read(value)  # noqa: PLW0108 - a shape may still be growing: bind late

    def writer(self) -> Convert:
        """A model to an object."""
        shape = self.shape
        return lambda value: shape.write(value)  # noqa: PLW0108 - the same

    def empty(self) -> Any:
        """An object of that shape with nothing known."""
        return {}


@dataclass(frozen=True)
class Many(Row):
    """An array of objects of another shape."""

    shape: "Shape[Any]" = field(default=None, repr=False)  # type: ignore[arg-type]

    def reader(self) -> Convert:
        """An array of objects to a list of members; AttributeError where one is no object."""
        shape = self.shape

        def read(value: Any) -> list[Any]:
            convert = shape.read
            if type(value) is not list:
                raise TypeError("an array is wanted")
            return [convert(one) for one in value]

        return read

    def writer(self) -> Convert:
        """Models to an array of objects."""
        shape = self.shape

        def write(value: Any) -> list[Any]:
            convert = shape.write
            return [convert(one) for one in value]

        return write

    def empty(self) -> Any:
        """An empty array."""
        return []


@dataclass(frozen=True)
class Own(Row):
    """A pair of functions, for what no other row can say. `within` is where the value lies beneath the member.

    `merge` makes one of what is stored and what a patch says instead, where the wire shows only a part of it.
    """

    within: tuple[str, ...] = field(default=(), kw_only=True)
    merge: Callable[[Any, Any], Any] | None = field(default=None, kw_only=True)
    read: Convert = field(default=lambda value: value)
    write: Convert = field(default=lambda value: value)

    def reader(self) -> Convert:
        """The function given."""
        return self.read

    def writer(self) -> Convert:
        """The function given."""
        return self.write


@dataclass(frozen=True)
class Fixed(Row):
    """A member that this wire demands and the model has no use for: said always, dropped when read as expected."""

    word: Any = None


@dataclass(frozen=True)
class Computed(Row):
    """A member that the gateway computes (`href`): never read, said by whoever knows the address."""


@dataclass(frozen=True)
class Amount(Row):
    """Money. What stands beside `unit` and `value`, or an amount without one of them, is kept as it came."""

    def spread(self, _key: str) -> Spread:
        """Put the amount among the members; return what is left over."""
        name = self.name

        def spread(value: Any, members: dict[str, Any]) -> dict[str, Any] | None:
            if "value" not in value or "unit" not in value:
                return dict(value)
            members[name] = {"amount": value["value"], "currency": value["unit"]}
            return None if len(value) == 2 else {k: v for k, v in value.items() if k not in ("unit", "value")}

        return spread

    def writer(self) -> Convert:
        """Money to an object of unit and value."""
        return lambda value: {"unit": value.currency, "value": number(value.amount)}


@dataclass(frozen=True)
class Inline(Row):
    """A wire object whose members the model holds flat. What is unknown in it stays in the extras, under its name."""

    rows: Mapping[str, Row] = field(default_factory=dict)

    def spread(self, _key: str) -> Spread:
        """Put the known members among those of the object around; return what is left over."""
        spreads = {key: row.spread(key) for key, row in self.rows.items() if isinstance(row, Amount)}
        simple = {key: (row.name, row.reader()) for key, row in self.rows.items() if key not in spreads}

        def spread(value: Any, members: dict[str, Any]) -> dict[str, Any] | None:
            rest: dict[str, Any] = {}
            for key, one in value.items():
                try:
                    if key in spreads:
                        left = spreads[key](one, members)
                        if left is not None:
                            rest[key] = left
                    elif key in simple:
                        name, convert = simple[key]
                        members[name] = one if convert is None else convert(one)
                    else:
                        rest[key] = one
                except UNREADABLE:
                    rest[key] = one
            return rest if rest or not value else None

        return spread

    def gather(self) -> Gather:
        """Return the object again from the members that it was spread over, None where none is known."""
        rows = tuple((row.name, key, row.writer()) for key, row in self.rows.items())

        def gather(values: Mapping[str, Any]) -> dict[str, Any] | None:
            out = {}
            for name, key, convert in rows:
                value = values[name]
                if value is not None and value is not NOTHING:
                    out[key] = value if convert is None else convert(value)
            return out or None

        return gather

    def completed(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return an object as it came, with what this wire demands of every such object: nothing."""
        return value

    def empty(self) -> Any:
        """An object with nothing known."""
        return {}


UNREADABLE = (TypeError, ValueError, KeyError, AttributeError)
"""What a conversion raises for a value that is not what its row expects."""

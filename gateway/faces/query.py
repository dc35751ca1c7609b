"""Queries of lists as TMF630 has them: attribute filters, `fields`, paging. Wire names in, canonical names out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from gateway.canonical.lifecycle import ResourceKind
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
from gateway.faces.settings import FaceSettings
from gateway.faces.shape import Shape
from gateway.faces.typed_shape import Wrapped
from gateway.ports.repository import Query

__all__ = ["Attributes", "Fields", "Listing", "page_headers", "read_fields", "read_listing", "select"]

RESERVED = frozenset({"fields", "offset", "limit"})
MAX_OFFSET = 2**31 - 1
MAX_CONDITIONS = 50

Pairs = Iterable[tuple[str, str]]
Fields = Mapping[str, Any] | None
"""Wanted members as a tree (`{"note": {"text": {}}}`), None for all of them."""

Kept = frozenset[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as it was asked for."""

    query: Query
    fields: Fields = None


class Attributes:
    """The attributes that one kind of resource has on one wire, and where the model keeps them.

    Those that a document knows and the model does not are kept in the extras.
    """

    def __init__(self, document: dict[str, Any], schema: str, shape: Shape[Any]) -> None:
        self._document = document
        self._schema: dict[str, Any] = {"$ref": f"#/components/schemas/{schema}"}
        self._shape = shape

    def condition(self, name: str, values: list[str]) -> tuple[str, tuple[str, ...]]:
        """Return a filter in canonical words. Raises FaceError 400 for an attribute that the resource lacks."""
        found = self._find(name.split("."))
        if found is None:
            raise problem(
                "unknownAttribute",
                reason=f"{name} is no attribute of this resource that can be compared",
                fix="filter by an attribute of the document, with = and a value",
                path=name,
            )
        path, row = found
        wanted = [stored for value in values for stored in _stored(row, _unquoted(value))]
        return ".".join(path), tuple(dict.fromkeys(wanted))

    def _find(self, steps: list[str]) -> tuple[list[str], Row | None] | None:  # noqa: C901, PLR0911 - one row kind a line
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
            if row is None or isinstance(row, Fixed):
                return self._beneath(member, steps, [*path, "extras", key])
            if isinstance(row, Computed):
                return None if steps else ([*path, "id"], row)
            if isinstance(row, Inline) and row.rows and steps:
                inner = row.rows.get(steps[0])
                if inner is None:
                    return self._beneath(member, steps, [*path, "extras", key])
                row, member, steps = inner, self._member(member or {}, steps[0]), steps[1:]
            if isinstance(row, Inline) and not (row.covers and steps):
                return None  # an object whose members the model holds flat has no value of its own
            path.append(row.covers[0] if row.covers else row.name)
            if isinstance(row, Own) and row.within:
                return None if steps else ([*path, *row.within], row)
            if isinstance(row, Amount):
                part = {"value": "amount", "unit": "currency"}.get(".".join(steps))
                return None if part is None else ([*path, part], row if part == "amount" else None)
            shape = getattr(row, "shape", None) or getattr(row, "element", None)
            if shape is None:
                is_open = member is not None and not resolve(self._document, member).get("type")
                return ([*path, *steps], row) if not steps or is_open else None
            schema = member or {}
        return None

    def _beneath(
        self, schema: dict[str, Any] | None, steps: list[str], path: list[str]
    ) -> tuple[list[str], Row | None] | None:
        for step in steps:
            schema = None if schema is None else self._member(schema, step)
        return None if schema is None else ([*path, *steps], None)

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


def read_listing(pairs: Pairs, kind: ResourceKind, attributes: Attributes, settings: FaceSettings) -> Listing:
    """Return a list's query. Raises FaceError 400 for unknown attributes and for paging that is no number."""
    pairs = tuple(pairs)
    wanted: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in RESERVED:
            values = [value] if value[:1] in ("'", '"') else value.replace(";", ",").split(",")
            wanted.setdefault(name, []).extend(values)
    if len(wanted) > MAX_CONDITIONS:
        raise problem("badParameter", reason=f"more than {MAX_CONDITIONS} filters", fix="filter by less at once")
    where = tuple(attributes.condition(name, values) for name, values in wanted.items())
    offset = _bounded(pairs, "offset", 0, MAX_OFFSET)
    limit = min(_bounded(pairs, "limit", settings.page_size, MAX_OFFSET), settings.max_page_size)
    return Listing(Query(kind, where, offset, limit), read_fields(pairs))


def read_fields(pairs: Pairs) -> Fields:
    """Return the members that are wanted, None for all; `none` asks for no more than id and href."""
    given = [value for name, value in pairs if name == "fields"]
    if not given:
        return None
    tree: dict[str, Any] = {}
    for name in ",".join(given).split(","):
        node = tree
        for step in name.strip().split("."):
            node = node.setdefault(step, {})
    tree.pop("none", None)
    return tree


def select(resource: dict[str, Any], fields: Fields, kept: Kept = frozenset()) -> dict[str, Any]:
    """Return a wire object with the wanted members only; id and href are always among them.

    So are those `kept`, in every object inside as well.
    """
    return resource if fields is None else _selected(resource, {"id": {}, "href": {}, **fields}, kept)


def page_headers(listing: Listing, count: int, total: int, address: str, pairs: Pairs) -> dict[str, str]:
    """Return X-Total-Count, X-Result-Count and Link for a page that `count` of `total` were found for."""
    query = listing.query
    others = [(name, value) for name, value in pairs if name not in ("offset", "limit")]
    last = (total - 1) // query.limit * query.limit if total and query.limit else 0
    offsets = {"self": query.offset, "first": 0, "last": last}
    if query.offset:
        offsets["prev"] = max(0, query.offset - query.limit)
    if query.offset + count < total and count:
        offsets["next"] = query.offset + count
    link = ", ".join(
        f'<{address}?{urlencode([*others, ("offset", offset), ("limit", query.limit)])}>; rel="{relation}"'
        for relation, offset in offsets.items()
    )
    return {"X-Total-Count": str(total), "X-Result-Count": str(count), "Link": link}


def _selected(value: Any, tree: Mapping[str, Any], kept: Kept) -> Any:
    if isinstance(value, list):
        return [_selected(one, tree, kept) for one in value]
    if not isinstance(value, dict) or not tree:
        return value
    return {key: _selected(value[key], tree.get(key, {}), kept) for key in value if key in tree or key in kept}


def _bounded(pairs: tuple[tuple[str, str], ...], name: str, default: int, most: int) -> int:
    text = next((value for key, value in reversed(pairs) if key == name), None)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise problem(
            "badParameter",
            reason=f"{name} is no whole number from 0 to {most}",
            fix=f"send {name} as a number, or leave it out",
            path=name,
        )
    return int(text)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _stored(row: Row | None, value: str) -> tuple[str, ...]:
    """Return how a value may stand in the stored JSON: a code's canonical words, an instant, a decimal as text."""
    if isinstance(row, Computed):
        return (value.rstrip("/").rpartition("/")[2],)
    if isinstance(row, Coded):
        return row.words(value) or (value,)
    if isinstance(row, Instant):
        return (_instant(value),)
    if isinstance(row, Amount | Number):
        return _decimals(value)
    if isinstance(row, One | Many):
        return ()
    return (value,)


def _instant(value: str) -> str:
    head, blank, zone = value.rpartition(" ")
    try:  # a raw + in a query arrives as a blank
        instant = read_instant(f"{head}+{zone}" if blank else value)
    except ValueError:
        return value
    text = instant.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def _decimals(value: str) -> tuple[str, ...]:
    try:
        plain = f"{Decimal(value).normalize():f}"
    except InvalidOperation:
        return (value,)
    whole = "." not in plain
    return tuple(dict.fromkeys((value, plain, plain + ".0", plain + ".00"))) if whole else (value, plain, plain + "0")

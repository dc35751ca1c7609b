"""Queries of lists as TMF630 has them: what is filtered, sorted, shown. Wire names in, canonical names out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.attributes import Attributes
from gateway.faces.filters import read_filters, read_sort
from gateway.faces.jsonpath import read_jsonpath
from gateway.faces.paging import read_page
from gateway.faces.problems import problem
from gateway.faces.settings import FaceSettings
from gateway.ports.repository import Query

__all__ = ["ALWAYS", "Fields", "Listing", "read_fields", "read_listing", "select"]

RESERVED = frozenset({"fields", "filter", "offset", "limit", "sort"})
MAX_JSONPATHS = 5

ALWAYS = frozenset({"id", "href"})
"""What no choice of fields leaves out."""

Pairs = Iterable[tuple[str, str]]
Fields = Mapping[str, Any] | None
"""Wanted members as a tree (`{"note": {"text": None}}`, None for a whole member), None for all of them."""

Kept = frozenset[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as it was asked for; `is_range` where it was in a Range header."""

    query: Query
    fields: Fields = None
    is_range: bool = False


def read_listing(
    pairs: Pairs, kind: ResourceKind, attributes: Attributes, settings: FaceSettings, asked_range: str | None = None
) -> Listing:
    """Return a list's query. Raises FaceError: 400 that names what is unknown or malformed, 501 for odd JSONPath."""
    pairs = tuple(pairs)
    filters = read_filters(tuple(pair for pair in pairs if pair[0] not in RESERVED), attributes)
    paths = _of(pairs, "filter")
    if len(paths) > MAX_JSONPATHS:
        raise problem("badParameter", reason=f"filter stands there more than {MAX_JSONPATHS} times", path="filter")
    filters += tuple(read_jsonpath(path, attributes) for path in paths)
    sort = read_sort(_of(pairs, "sort"), attributes)
    offset, limit, is_range = read_page(pairs, settings, asked_range)
    return Listing(Query(kind, (), offset, limit, filters, sort), read_fields(pairs), is_range)


def read_fields(pairs: Pairs) -> Fields:
    """Return the members that are wanted, None for all; `none` asks for no more than what is always shown."""
    given = _of(pairs, "fields")
    if not given:
        return None
    tree: dict[str, Any] = {}
    for name in ",".join(given).split(","):
        *around, last = name.strip().split(".")
        node: dict[str, Any] | None = tree
        for step in around:
            node = node.setdefault(step, {}) if node is not None else None
        if node is not None:  # else the whole of something around it is wanted
            node[last] = None
    tree.pop("none", None)
    return tree


def select(resource: dict[str, Any], fields: Fields, kept: Kept = frozenset()) -> dict[str, Any]:
    """Return a wire object with the wanted members only; id and href are always among them.

    So are those `kept`, in every object inside as well.
    """
    return resource if fields is None else _selected(resource, {**fields, **dict.fromkeys(ALWAYS)}, kept)


def _of(pairs: Pairs, name: str) -> list[str]:
    return [value for key, value in pairs if key == name]


def _selected(value: Any, tree: Fields, kept: Kept) -> Any:
    if tree is None:
        return value
    if isinstance(value, list):
        return [_selected(one, tree, kept) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _selected(value[key], tree.get(key), kept) for key in value if key in tree or key in kept}

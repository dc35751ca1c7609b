"""Filters as sets of resources that the indexes give alone, without a look into a document."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import ge, gt, le, lt

from gateway.canonical.instants import instant
from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.query import AllOf, AnyOf, Condition, Filter, Negated, Operator, Within
from gateway.storage.leaves import INDEXED, is_single, rank_of, rank_token, too_long, wanted_tokens
from gateway.storage.shapes import Type, type_at

__all__ = [
    "COLUMNS",
    "Every",
    "Found",
    "Holding",
    "In",
    "Not",
    "Ranked",
    "Some",
    "column_of",
    "exact",
    "superset",
    "unindexed_paths",
]

COLUMNS = frozenset({"id", "state", "order_id"})
"""Paths that are columns of the resources' tables."""

_MOST_WANTED = 20
_COMPARES: dict[str, Callable[[bytes, bytes], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_SIGNS = {Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<="}


@dataclass(frozen=True, slots=True)
class In:
    """What has one of these tokens; `is_disjoint` where nothing has two of them."""

    tokens: tuple[int, ...]
    is_disjoint: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """What has a value with that token that keeps to all bounds; `guard` is of what may lack a rank."""

    token: int
    bounds: tuple[tuple[str, bytes], ...]
    is_single: bool = False
    guard: int | None = None

    def has(self, ranks: Sequence[bytes]) -> bool:
        """Return whether one of the ranks keeps to all bounds."""
        return any(all(_COMPARES[sign](rank, bound) for sign, bound in self.bounds) for rank in ranks)


@dataclass(frozen=True, slots=True)
class Holding:
    """What has one of these values in a column of its table."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What is not in the part."""

    part: "Found"


@dataclass(frozen=True, slots=True)
class Every:
    """What is in every part."""

    parts: tuple["Found", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """What is in some part."""

    parts: tuple["Found", ...]


Found = In | Ranked | Holding | Not | Every | Some


def column_of(kind: ResourceKind, path: str) -> str:
    """Return the column of a path: a product order and its lifecycle have one id, and the table one index for both."""
    return "id" if kind is ResourceKind.PRODUCT_ORDER and path == "order_id" else path


def exact(kind: ResourceKind, node: Filter) -> Found | None:
    """Return the set of a filter, None where the indexes do not know it."""
    return _exact(kind, node, "")


def superset(kind: ResourceKind, node: Filter) -> Found | None:
    """Return a set in which everything is that the filter holds of, None where the indexes know none."""
    return _superset(kind, node, "")


def unindexed_paths(kind: ResourceKind, node: Filter) -> tuple[str, ...]:
    """Return the paths of a filter that no index answers."""
    return tuple(dict.fromkeys(_unindexed(kind, node, "")))


def _exact(kind: ResourceKind, node: Filter, around: str) -> Found | None:  # noqa: PLR0911 - a case a line
    match node:
        case AllOf(parts) if not around:
            made = [_exact(kind, part, around) for part in parts]
            return _all([one for one in made if one is not None]) if parts and None not in made else None
        case AnyOf(parts):  # of one element, or of any: some part holds of some element all the same
            made = [_exact(kind, part, around) for part in parts]
            return Some(tuple(one for one in made if one is not None)) if parts and None not in made else None
        case Negated(part) if not around:
            inner = _exact(kind, part, around)
            return None if inner is None else Not(inner)
        case Within(path, part):
            return _exact(kind, part, _joined(around, path))
        case AllOf(parts) if around in INDEXED[kind].named and len(parts) == 2:
            return _named(kind, parts, around)
        case AllOf((part,)):
            return _exact(kind, part, around)
        case Condition():
            return _condition(kind, node, _joined(around, node.path), None)
    return None


def _superset(kind: ResourceKind, node: Filter, around: str) -> Found | None:  # noqa: PLR0911 - a case a line
    found = _exact(kind, node, around)
    if found is not None:
        return found if not isinstance(found, Not) else None
    match node:
        case Condition(path, Operator.EQ, values) if _joined(around, path) == "external_ids.value":
            if not values or not all(map(_is_plain, values)):
                return None
            return Holding("external", (*values, ""))  # '' marks the few that have several
        case AllOf(parts):
            made = [_superset(kind, part, around) for part in parts]
            if around in INDEXED[kind].named:
                made += [_named(kind, pair, around) for pair in pairwise(parts)]
                made += [_named(kind, (parts[0], part), around) for part in parts[2:]]
            some = [one for one in made if one is not None]
            return _all(some) if some else None
        case AnyOf(parts):
            made = [_superset(kind, part, around) for part in parts]
            return Some(tuple(one for one in made if one is not None)) if parts and None not in made else None
        case Within(path, part):
            return _superset(kind, part, _joined(around, path))
    return None


def _named(kind: ResourceKind, parts: Sequence[Filter], around: str) -> Found | None:
    """Return the set of what has a characteristic of a name with a value: both conditions about one element."""
    names = [one for one in parts if isinstance(one, Condition) and one.path == "name"]
    values = [one for one in parts if isinstance(one, Condition) and one.path.partition(".")[0] == "value"]
    if len(names) != 1 or len(values) != 1 or names[0].operator is not Operator.EQ or len(names[0].values) != 1:
        return None
    (name,) = names[0].values
    if instant(name) is not None:  # it would be found in every spelling
        return None
    return _condition(kind, values[0], f"{around}.{values[0].path}", name)


def _condition(kind: ResourceKind, node: Condition, path: str, name: str | None) -> Found | None:  # noqa: PLR0911 - a case a line
    wanted = node.values
    if not 0 < len(wanted) <= _MOST_WANTED or not all(_is_plain(one) for one in (*wanted, name or "")):
        return None
    if path in COLUMNS and node.operator is Operator.EQ:
        return Holding(column_of(kind, path), wanted)
    known = INDEXED[kind]
    in_named = any(f"{path}.".startswith(f"{one}.value.") for one in known.named)
    if node.operator is Operator.EQ:
        if not (in_named or path in known.equal):
            return None
        tokens = wanted_tokens(kind, path, wanted, name)
        return In(tokens, is_disjoint=len(tokens) == 1 or (len(wanted) == len(tokens) and is_single(kind, path)))
    if node.operator not in _SIGNS or not (in_named or path in known.ranked) or len(wanted) != 1:
        return None
    what, rank = rank_of(wanted[0])
    is_text = type_at(kind, tuple(path.split("."))) is Type.TEXT
    if what is Type.TEXT and (in_named or not is_text or len(rank) > 400):
        return None
    guard = too_long(kind, path) if what is Type.TEXT else None
    single = name is None and is_single(kind, path)
    return Ranked(rank_token(kind, path, what, name), ((_SIGNS[node.operator], rank),), single, guard)


def _all(parts: list[Found]) -> Found:
    """Join parts; bounds of one single value become one range."""
    kept: list[Found] = []
    for part in (inner for one in parts for inner in (one.parts if isinstance(one, Every) else (one,))):
        same = next((one for one in kept if _is_same_value(one, part)), None)
        if isinstance(same, Ranked) and isinstance(part, Ranked):
            kept[kept.index(same)] = replace(same, bounds=same.bounds + part.bounds)
        elif part not in kept:
            kept.append(part)
    return kept[0] if len(kept) == 1 else Every(tuple(kept))


def _is_same_value(one: Found, other: Found) -> bool:
    return isinstance(one, Ranked) and isinstance(other, Ranked) and one.is_single and one.token == other.token


def _unindexed(kind: ResourceKind, node: Filter, around: str) -> Iterator[str]:
    match node:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _unindexed(kind, part, around)
        case Negated(part):
            yield from _unindexed(kind, part, around)
        case Within(path, part):
            yield from _unindexed(kind, part, _joined(around, path))
        case Condition():
            if _exact(kind, node, around) is None:
                yield _joined(around, node.path)


def _joined(around: str, path: str) -> str:
    return f"{around}.{path}".strip(".")


def _is_plain(text: str) -> bool:
    """Return whether a text can stand in an index: no half of a surrogate pair, no U+0000."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text

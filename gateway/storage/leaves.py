"""Values deep in documents as tokens, so that orders are found by them and not by reading every document.

A token is a hash of the kind, the path and the value as queries mean it: a text as it is, a number by its value, an
instant in any spelling. It is long enough that no two values of one store share one.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.query import AllOf, Condition, Filter, Operator, Within
from gateway.storage.instants import instant
from gateway.storage.numbers import number_key

__all__ = ["INDEXED", "as_leaf", "implied", "tokens", "tokens_of", "wanted_tokens"]

INDEXED: dict[ResourceKind, tuple[str, ...]] = {
    ResourceKind.PRODUCT_ORDER: ("items.product.characteristics.value", "parties.id"),
    ResourceKind.SERVICE_ORDER: ("items.service.characteristics.value", "parties.id"),
}
"""Paths of each kind that are looked up."""

_STEPS = {path: tuple(path.split(".")) for paths in INDEXED.values() for path in paths}
_PLAIN = frozenset({str, int, float, bool, dict, type(None)})
_NOTHING: dict[str, Any] = {}

MOST_WANTED = 20


def tokens(kind: ResourceKind, doc: str | None) -> frozenset[int]:
    """Return the tokens of a document's values."""
    if doc is None or kind not in INDEXED:
        return frozenset()
    data = orjson.loads(doc)
    return frozenset(token for path in INDEXED[kind] for token in _tokens(kind, path, _reached([data], _STEPS[path])))


def tokens_of(kind: ResourceKind, resource: Any, doc: str) -> frozenset[int]:
    """Return the tokens of a resource's values: those of `doc`, its document, which need not be read for it."""
    found: set[int] = set()
    for path in INDEXED.get(kind, ()):
        values = _reached([resource], _STEPS[path])
        if not all(type(value) in _PLAIN for value in values):
            return tokens(kind, doc)  # a value that JSON says otherwise than the model does
        found.update(_tokens(kind, path, values))
    return frozenset(found)


def wanted_tokens(kind: ResourceKind, path: str, wanted: Sequence[str]) -> tuple[int, ...]:
    """Return the tokens of values that equal any of the texts."""
    forms = [form for text in wanted for form in _forms_of_text(text)]
    return tuple(dict.fromkeys(_token(kind, path, form) for form in forms))


def as_leaf(kind: ResourceKind, node: Filter) -> Condition | None:
    """Return the condition that is looked up, None where a filter is none."""
    if not isinstance(node, Condition) or node.operator is not Operator.EQ or node.path not in INDEXED.get(kind, ()):
        return None
    return node if 0 < len(node.values) <= MOST_WANTED else None


def implied(kind: ResourceKind, node: Filter, around: str = "") -> Condition | None:
    """Return a condition that is looked up and holds wherever the filter does, None where there is none."""
    match node:
        case AllOf(parts):
            return next((found for part in parts if (found := implied(kind, part, around))), None)
        case Within(path, part):
            return implied(kind, part, f"{around}.{path}".lstrip("."))
        case Condition(path, operator, values):
            return as_leaf(kind, Condition(f"{around}.{path}".strip("."), operator, values))
    return None


def _reached(nodes: list[Any], steps: tuple[str, ...]) -> list[Any]:
    """Return what stands at a path beneath some models or JSON objects, arrays looked into."""
    for step in steps:
        found: list[Any] = []
        for node in nodes:
            members = node if type(node) is dict else getattr(node, "__dict__", _NOTHING)
            value = members.get(step)
            if type(value) is list or type(value) is tuple:
                _flatten(value, found)
            elif value is not None:
                found.append(value)
        nodes = found
    return nodes


def _flatten(values: Sequence[Any], into: list[Any]) -> None:
    for value in values:
        if type(value) is list or type(value) is tuple:
            _flatten(value, into)
        else:
            into.append(value)


def _forms(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield "b" + str(value).lower()
    elif isinstance(value, int | float):
        yield f"n{number_key(value)}"
    elif isinstance(value, str):
        yield "t" + value
        moment = instant(value)
        if moment is not None:
            yield f"i{moment}"


def _forms_of_text(text: str) -> Iterator[str]:
    yield "t" + text
    if text in ("true", "false"):
        yield "b" + text
    number, moment = number_key(text), instant(text)
    if number is not None:
        yield f"n{number}"
    if moment is not None:
        yield f"i{moment}"


def _tokens(kind: ResourceKind, path: str, values: Iterable[Any]) -> Iterator[int]:
    for value in values:
        for form in _forms(value):
            yield _token(kind, path, form)


def _token(kind: ResourceKind, path: str, form: str) -> int:
    text = f"{kind.value}\n{path}\n{form}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)

"""Whether a filter holds of a wire object: the same meaning as in a list, without a database."""

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.canonical.instants import instant
from gateway.canonical.numbers import number_key
from gateway.canonical.pattern import compiled
from gateway.ports.query import AllOf, AnyOf, Condition, Filter, Negated, Operator, Within

__all__ = ["fits", "values_at"]

_ORDERS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


def fits(node: Filter, data: Any) -> bool:
    """Return whether a filter holds; its paths are those of the wire."""
    if isinstance(node, AllOf):
        return all(fits(part, data) for part in node.parts)
    if isinstance(node, AnyOf):
        return any(fits(part, data) for part in node.parts)
    if isinstance(node, Negated):
        return not fits(node.part, data)
    found = values_at(data, node.path)
    if isinstance(node, Within):
        return any(fits(node.part, one) for one in found)
    return _meets(node, found)


def values_at(data: Any, path: str) -> Sequence[Any]:
    """Return every value at a dotted path, arrays looked into."""
    nodes = [data]
    for step in path.split(".") if path else ():
        nodes = [one[step] for one in _flat(nodes) if isinstance(one, dict) and step in one]
    return [one for one in _flat(nodes) if one is not None]


def _meets(condition: Condition, found: Sequence[Any]) -> bool:
    if condition.operator is Operator.EXISTS:
        return bool(found)
    return any(_compares(value, condition.operator, text) for value in found for text in condition.values)


def _compares(value: Any, by: Operator, text: str) -> bool:
    if by is Operator.REGEX:
        return isinstance(value, str) and compiled(text).found_in(value)
    if isinstance(value, bool):
        return by is Operator.EQ and text == str(value).lower()
    if by is Operator.EQ:
        if isinstance(value, str):
            return value == text or _same(instant, value, text)
        return _same(_number, value, text)
    order = _ORDERS[by]
    for reading in (_number, instant):
        wanted = reading(text)
        if wanted is not None:
            there = reading(value)
            return there is not None and order(there, wanted)
    return isinstance(value, str) and order(value, text)


def _same(reading: Callable[[Any], Any], value: Any, text: str) -> bool:
    there = reading(value)
    return there is not None and bool(there == reading(text))


def _number(value: Any) -> str | None:
    """Return a text that sorts as the number does; None for what is none."""
    return number_key(str(value) if isinstance(value, Decimal) else value)


def _flat(nodes: Sequence[Any]) -> list[Any]:
    return [one for node in nodes for one in (node if isinstance(node, list) else [node])]

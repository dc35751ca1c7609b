"""Whether a filter holds of a wire object: the same meaning as in a list, without a database."""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

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
            return value == text or _same(_moment, value, text)
        return _same(_number, value, text)
    order = _ORDERS[by]
    for reading in (_number, _moment):
        wanted = reading(text)
        if wanted is not None:
            there = reading(value)
            return there is not None and order(there, wanted)
    return isinstance(value, str) and order(value, text)


def _same(reading: Callable[[Any], Any], value: Any, text: str) -> bool:
    there = reading(value)
    return there is not None and bool(there == reading(text))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool | dict | list):
        return None
    try:
        found = Decimal(value if isinstance(value, str | Decimal) else json.dumps(value))
    except (InvalidOperation, TypeError):
        return None
    return found if found.is_finite() else None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < len("2026-03-01T09:00:00") or not value[0].isdigit():
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _flat(nodes: Sequence[Any]) -> list[Any]:
    return [one for node in nodes for one in (node if isinstance(node, list) else [node])]

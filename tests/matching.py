"""The meaning of a filter and of a sort key in plain Python, over decoded documents: what the databases must agree with."""

import json
import re
from datetime import datetime
from decimal import Decimal
from functools import cmp_to_key

from gateway.ports.query import AllOf, AnyOf, Condition, Negated, Operator, Within

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
ORDERS = {
    Operator.GT: lambda a, b: a > b,
    Operator.GTE: lambda a, b: a >= b,
    Operator.LT: lambda a, b: a < b,
    Operator.LTE: lambda a, b: a <= b,
}


def values_at(node, path):
    """Every value at a dotted path, arrays looked into."""
    nodes = [node]
    for step in path.split(".") if path else ():
        nodes = [one[step] for one in flat(nodes) if isinstance(one, dict) and step in one]
    return [one for one in flat(nodes) if one is not None]


def flat(nodes):
    return [one for node in nodes for one in (node if isinstance(node, list) else [node])]


def fits(node, data, decimals=()):
    """Whether a filter holds of a document; `decimals` are paths at which texts are numbers."""
    match node:
        case AllOf(parts):
            return all(fits(part, data, decimals) for part in parts)
        case AnyOf(parts):
            return any(fits(part, data, decimals) for part in parts)
        case Negated(part):
            return not fits(part, data, decimals)
        case Within(path, part):
            inner = [one.removeprefix(f"{path}.") for one in decimals if one.startswith(f"{path}.")]
            return any(fits(part, one, inner) for one in values_at(data, path))
        case Condition(path, Operator.EXISTS):
            return bool(values_at(data, path))
        case Condition(path, operator, wanted):
            found = values_at(data, path)
            return any(compares(one, operator, text, path in decimals) for one in found for text in wanted)
    raise AssertionError(node)


def compares(value, operator, text, is_decimal):
    if operator is Operator.REGEX:
        return isinstance(value, str) and re.search(text, value) is not None
    if operator is Operator.EQ:
        if isinstance(value, bool):
            return text == str(value).lower()
        if isinstance(value, str):
            same_moment = moment(text) is not None and moment(text) == moment(value)
            return value == text or same_moment or (is_decimal and number(value) == number(text) is not None)
        return number(text) is not None and number(value) == number(text)
    if isinstance(value, bool | dict):
        return False
    for reading in (number, moment):
        if reading(text) is not None:
            return reading(value) is not None and ORDERS[operator](reading(value), reading(text))
    return isinstance(value, str) and ORDERS[operator](value, text)


def number(value):
    if isinstance(value, bool | dict | list):
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return Decimal(text) if NUMBER.fullmatch(text) and text.isascii() else None


def moment(value):
    if not isinstance(value, str) or len(value) < 19 or not value[0].isdigit():
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def ordered(documents, keys):
    """Documents in the order of (path, descending, reading) keys, then of their ids."""

    def compare(left, right):
        for path, descending, reading in keys:
            ends = [
                [reading(one) for one in values_at(data, path) if reading(one) is not None] for data in (left, right)
            ]
            one, other = (None if not found else max(found) if descending else min(found) for found in ends)
            if one == other:
                continue
            if one is None or other is None:
                return 1 if one is None else -1
            return -1 if (one < other) is not descending else 1
        return -1 if left["id"] < right["id"] else 1

    return sorted(documents, key=cmp_to_key(compare))

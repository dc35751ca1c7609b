"""Where two values differ, path by path. What is only spelled otherwise does not differ."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

__all__ = ["differences"]


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each innermost member that differs, in the order in which the first value has them.

    Takes models, and JSON as it is read. The order of an object's members says nothing; numbers are compared by value,
    so that 1 is 1.0 and not true; instants by the moment. An absent member of an object is null.
    """
    if one is other:
        return
    one, other = _open(one), _open(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in [*one, *(key for key in other if key not in one)]:
            yield from differences(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif _is_list(one) and _is_list(other):
        for index in range(max(len(one), len(other))):
            here = f"{path}[{index}]"
            if index < min(len(one), len(other)):
                yield from differences(one[index], other[index], here)
            else:
                yield here
    elif not _is_same(one, other):
        yield path


def _open(value: Any) -> Any:
    # The attributes themselves: a dump would write enumerations and decimals otherwise.
    return value.__dict__ if isinstance(value, BaseModel) else value


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if _is_number(one) and _is_number(other):
        return _exact(one) == _exact(other)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one == other
    return type(one) is type(other) and bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal)


def _exact(value: float | Decimal) -> Decimal:
    """Return a number as it is written: 0.1 is a tenth, in whatever type it came."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)

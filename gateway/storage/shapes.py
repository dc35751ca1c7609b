"""Where the canonical models have lists, so that a query looks into them and nowhere else."""

import types
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.repository import RESOURCE_TYPES

__all__ = ["Shape", "Type", "shapes", "type_at"]


class Shape(Enum):
    """What stands at one step of a path."""

    ONE = "one"  # a value or an object
    MANY = "many"  # a list of them
    EITHER = "either"  # the model leaves it open


class Type(Enum):
    """What the values at the end of a path are."""

    TEXT = "text"
    NUMBER = "number"
    DECIMAL = "decimal"  # a text in JSON, so that it stays exact
    INSTANT = "instant"  # likewise a text
    OPEN = "open"  # anything


_TYPES = ((bool, Type.OPEN), (str, Type.TEXT), (int, Type.NUMBER), (Decimal, Type.DECIMAL), (datetime, Type.INSTANT))


@lru_cache(maxsize=1024)
def shapes(kind: ResourceKind, path: tuple[str, ...]) -> tuple[Shape, ...]:
    """Return what stands at each step of a path of member names; what no model knows is EITHER."""
    found: list[Shape] = []
    here: Any = RESOURCE_TYPES[kind]
    for name in path:
        shape, here = _read(_member(here, name))
        found.append(shape)
    return tuple(found)


def _member(model: Any, name: str) -> Any:
    if isinstance(model, type) and issubclass(model, BaseModel) and name in model.model_fields:
        return model.model_fields[name].annotation
    return Any


def _read(annotation: Any) -> tuple[Shape, Any]:
    """Return the shape of a member, and the type of what is in it."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        some = [argument for argument in get_args(annotation) if argument is not type(None)]
        return _read(some[0]) if len(some) == 1 else (Shape.EITHER, Any)
    if origin in (tuple, list):
        return Shape.MANY, get_args(annotation)[0]
    if annotation is Any or annotation is dict or origin is dict:
        return Shape.EITHER, Any
    return Shape.ONE, annotation


@lru_cache(maxsize=1024)
def type_at(kind: ResourceKind, path: tuple[str, ...]) -> Type:
    """Return what the model has at the end of a path."""
    here: Any = RESOURCE_TYPES[kind]
    for name in path:
        here = _read(_member(here, name))[1]
    if not isinstance(here, type):
        return Type.OPEN
    return next((found for python, found in _TYPES if issubclass(here, python)), Type.OPEN)

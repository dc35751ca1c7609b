"""A property worked out when it is first asked for, and kept. No lock: a context belongs to one judgement."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

__all__ = ["Lazy"]

T = TypeVar("T")


class Lazy(Generic[T]):
    """Replaces itself by its value in the instance."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value

"""The tree that every filter becomes, whatever a client wrote it in, and what a list is sorted by.

Paths are dotted canonical names that look into arrays. A condition holds where any value at its path fits it.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AllOf", "AnyOf", "Condition", "Filter", "Negated", "Operator", "SortKey", "Within"]


class Operator(StrEnum):
    """How a value at a path is compared with the wanted ones."""

    EQ = "eq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    REGEX = "regex"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Condition:
    """Some value at the path compares so with any of the wanted texts.

    An order is between numbers where both sides are numbers, between instants where both are, and between texts
    otherwise; EXISTS wants no text. An empty path, inside Within, is the element itself.
    """

    path: str
    operator: Operator = Operator.EQ
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The part does not hold, be it only that there is nothing at its path."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Within:
    """The part holds of one and the same element at the path; paths in it start there."""

    path: str
    part: "Filter"


Filter = Condition | AllOf | AnyOf | Negated | Within


@dataclass(frozen=True, slots=True)
class SortKey:
    """Sort by the least value at the path, or by the greatest where it descends; what has none comes last."""

    path: str
    descending: bool = False

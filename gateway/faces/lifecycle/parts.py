"""How the gateway's own parts of a trace document are read: every fault is a TraceProblem that says where it is."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from gateway.canonical.money import Money
from gateway.faces.paths import camel

__all__ = [
    "InstantText",
    "MoneyPart",
    "Part",
    "SaleLimit",
    "TraceProblem",
    "finite",
    "make",
    "read_instant",
    "read_list",
    "read_object",
    "read_part",
]

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class TraceProblem(ValueError):
    """A trace document that cannot be read; `str()` says where and why, `path` where."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path, self.reason = path or None, reason


def read_object(value: Any, path: str) -> dict[str, Any]:
    """Return a JSON object. Raises TraceProblem."""
    if not isinstance(value, dict):
        raise TraceProblem(path, "is no object")
    return value


def read_list(value: Any, path: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    """Return what `read` makes of each element of a JSON array. Raises TraceProblem."""
    if not isinstance(value, list):
        raise TraceProblem(path, "is no array; leave it out where it is not known")
    return tuple(read(one, f"{path}[{index}]") for index, one in enumerate(value))


def read_instant(value: Any, path: str) -> datetime:
    """Return a moment: a date-time, with its offset or in the trace's zone; a date is its midnight."""
    if not isinstance(value, str):
        raise TraceProblem(path, "is no date-time")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise TraceProblem(path, "is no date-time as in RFC 3339") from None


def _text_instant(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("is no date-time")  # noqa: TRY004 - pydantic turns ValueErrors into its own
    return datetime.fromisoformat(value)


def _sale_limit(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("is no date")  # noqa: TRY004 - the same
    return date.fromisoformat(value) if len(value) == len("2026-01-01") else datetime.fromisoformat(value)


def finite(value: Any) -> Any:
    """Return a number of which sums can be made. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is no number")  # noqa: TRY004 - the same
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError("is out of range")
    return value


_LARGEST = 10**15
InstantText = Annotated[datetime, BeforeValidator(_text_instant)]
SaleLimit = Annotated[date | datetime, BeforeValidator(_sale_limit)]


class Part(BaseModel):
    """A part as it is written; members that it does not name are kept as they came."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=to_camel, strict=False)

    @property
    def rest(self) -> dict[str, Any]:
        """The members that the part does not name."""
        return dict(self.model_extra or {})


class MoneyPart(Part):
    """An amount as TM Forum writes it."""

    unit: str
    value: Annotated[Any, BeforeValidator(finite)]

    @property
    def money(self) -> Money:
        """The canonical amount."""
        return Money.model_validate({"amount": self.value, "currency": self.unit})


def read_part(model: type[M], value: Any, path: str) -> M:
    """Return an object as one of the parts above; a member that is null says nothing. Raises TraceProblem."""
    said = read_object(value, path)
    return make(model, {name: one for name, one in said.items() if one is not None}, path)


def make(model: type[M], members: Mapping[str, Any], path: str) -> M:
    """Return a model of these members; `path` is where they stand. Raises TraceProblem."""
    try:
        return model.model_validate(members)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = path
        for step in first["loc"]:
            where += f"[{step}]" if isinstance(step, int) else f".{camel(str(step))}"
        raise TraceProblem(where, first["msg"].removeprefix("Value error, ")) from None

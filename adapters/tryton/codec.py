"""How Tryton writes in JSON what JSON has no word for: sums, days and instants. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["decode", "encode"]

_CLASS = "__class__"
_DAY = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond")
_INSTANT = (*_DAY, *_TIME)


def encode(value: Any) -> Any:
    """Return a value as Tryton reads it; an instant in UTC, which Tryton keeps without saying so."""
    if isinstance(value, Decimal):
        return {_CLASS: "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return {_CLASS: "datetime"} | {name: getattr(moment, name) for name in _INSTANT}
    if isinstance(value, date):
        return {_CLASS: "date"} | {name: getattr(value, name) for name in _DAY}
    if isinstance(value, Mapping):
        return {name: encode(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    return value


def decode(value: Any) -> Any:
    """Return a value of Tryton's: Decimal, date, aware datetime, timedelta or what JSON has. Raises ValueError.

    A class that is not among these stays the object that it is.
    """
    if isinstance(value, list):
        return [decode(one) for one in value]
    if not isinstance(value, dict):
        return value
    read = _READERS.get(value.get(_CLASS, ""))
    if read is None:
        return {name: decode(one) for name, one in value.items()}
    try:
        return read(value)
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"no {value[_CLASS]}") from error


def _day(said: Mapping[str, int]) -> date:
    return date(*(said[name] for name in _DAY))


_READERS: Mapping[str, Any] = {
    "Decimal": lambda said: Decimal(said["decimal"]),
    "date": _day,
    "datetime": lambda said: datetime.combine(_day(said), time(*(said[name] for name in _TIME)), UTC),
    "timedelta": lambda said: timedelta(seconds=said["seconds"]),
}

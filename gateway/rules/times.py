"""Instants and days: the only place where a rule's times are compared."""

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["aware", "day_of", "end_of_month", "is_zone", "read_date", "zone_of"]


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """Return the zone of that name; UTC for a name that no zone has (TIM-001 says so)."""
    return ZoneInfo(name) if is_zone(name) else UTC


@lru_cache(maxsize=64)
def is_zone(name: str) -> bool:
    """Whether there is a zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def aware(moment: datetime, zone: tzinfo) -> datetime:
    """Return an instant: a moment without an offset is read in the trace's zone."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the calendar day on which an instant falls in a zone."""
    try:
        return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()
    except OverflowError:  # the end of the calendar, by which some systems mean that there is no end
        return moment.date()


def read_date(value: Any, zone: tzinfo) -> date | None:
    """Read a day out of a fact's value: `2026-03-09`, or an instant, taken in the zone; None where neither."""
    if not isinstance(value, str):
        if isinstance(value, datetime):
            return day_of(value, zone)
        return value if isinstance(value, date) else None
    text = value.strip()
    try:
        if len(text) == len("2026-03-09"):
            return date.fromisoformat(text)
        return day_of(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        return None


def end_of_month(day: date) -> date:
    """Return the first day of the month after; the last day of all where there is none."""
    if (day.year, day.month) == (date.max.year, date.max.month):
        return date.max
    years, month = divmod(day.year * 12 + day.month, 12)
    return date(years, month + 1, 1)

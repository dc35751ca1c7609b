"""Instants, and days that are local. A day is no midnight in UTC, and a last day ends a day later than it begins."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import field_validator, model_validator

from gateway.vocabulary.fields.blank import FieldFile, Misread

__all__ = ["Day", "Instant"]

_EPOCHS = {"epoch-seconds": 1, "epoch-milliseconds": 1000}
_WHOLE = re.compile(r"-?\d{1,16}")
_LATEST_YEAR = 2200  # milliseconds read as seconds, or the other way round, fall far outside
_EARLIEST_YEAR = 1980


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"zone {name!r} is not known") from None


class Instant(FieldFile):
    """A moment. `form` is `iso` (with offset), an epoch, or a pattern of strptime, which needs a `zone`."""

    form: str
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None:
            _zone(name)
        return name

    @model_validator(mode="after")
    def _local_needs_zone(self) -> "Instant":
        local = self.form != "iso" and self.form not in _EPOCHS
        if local != (self.zone is not None):
            raise ValueError("a local form needs a zone, any other has none")
        if local and "%Y" not in self.form:
            raise ValueError("a year has four digits (%Y)")
        return self

    def read(self, value: Any) -> datetime:
        """Return the moment in UTC. Raises Misread."""
        text = str(value).strip()
        try:
            moment = self._moment(text)
        except (ValueError, OverflowError, OSError):
            raise Misread(f"{text[:40]!r} is no instant of the form {self.form}") from None
        if not _EARLIEST_YEAR <= moment.year < _LATEST_YEAR:
            raise Misread(f"{text[:40]!r} is no likely instant: the year is {moment.year}")
        return moment

    def write(self, moment: datetime) -> str:
        """Return a moment as the system writes it."""
        if self.form in _EPOCHS:
            return str(round(moment.timestamp() * _EPOCHS[self.form]))
        if self.zone is None:
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return moment.astimezone(_zone(self.zone)).strftime(self.form)

    def _moment(self, text: str) -> datetime:
        if self.form in _EPOCHS:
            if not _WHOLE.fullmatch(text):
                raise ValueError(text)
            return datetime.fromtimestamp(int(text) / _EPOCHS[self.form], UTC)
        if self.zone is None:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                raise ValueError(text)
            return moment.astimezone(UTC)
        return datetime.strptime(text, self.form).replace(tzinfo=_zone(self.zone)).astimezone(UTC)

    @staticmethod
    def text(moment: datetime) -> str:
        """Return a moment as an example says it."""
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Day(FieldFile):
    """A local day, read as the moment at which it counts: its beginning, or for an inclusive end the next day's."""

    form: str = "iso"
    zone: str
    end: Literal["inclusive", "exclusive"] | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str) -> str:
        _zone(name)
        return name

    @model_validator(mode="after")
    def _four_digits(self) -> "Day":
        if self.form != "iso" and "%Y" not in self.form:
            raise ValueError("a year has four digits (%Y)")
        return self

    def read(self, value: Any) -> datetime:
        """Return the local midnight from which, or up to which, it counts, with its offset. Raises Misread."""
        text = str(value).strip()
        try:
            day = datetime.strptime(text, "%Y-%m-%d" if self.form == "iso" else self.form)  # noqa: DTZ007 - zoned below
        except ValueError:
            raise Misread(f"{text[:40]!r} is no day of the form {self.form}") from None
        if not _EARLIEST_YEAR <= day.year < _LATEST_YEAR:
            raise Misread(f"{text[:40]!r} is no likely day; if it stands for an open end, name it as a sentinel")
        if self.end == "inclusive":
            day += timedelta(days=1)
        return day.replace(tzinfo=_zone(self.zone))

    def write(self, moment: datetime) -> str:
        """Return the day of a moment as the system writes it."""
        day = moment.astimezone(_zone(self.zone))
        if self.end == "inclusive":
            day -= timedelta(days=1)
        return day.strftime("%Y-%m-%d" if self.form == "iso" else self.form)

    @staticmethod
    def text(moment: datetime) -> str:
        """Return a moment as an example says it."""
        return Instant.text(moment)

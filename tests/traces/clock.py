"""Moments of a story: days of its month, told in its zone, spelled as its author spells them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["Clock"]


@dataclass(frozen=True)
class Clock:
    """The month of a story in its zone. `spelling` is `offset` (local time with its offset) or `utc`."""

    zone: str
    first: date
    spelling: str = "offset"

    @classmethod
    def of(cls, zone: str, month: str, spelling: str) -> "Clock":
        year, number = month.split("-")
        return cls(zone, date(int(year), int(number), 1), spelling)

    def day(self, number: int) -> date:
        """Return a day by its number; numbers beyond the month run on."""
        return self.first + timedelta(days=number - 1)

    @property
    def end(self) -> date:
        """The first day of the next month."""
        return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def length(self) -> int:
        return (self.end - self.first).days

    def at(self, day: date, hour: int, minute: int = 0) -> str:
        """Return that local time as text."""
        return self.spell(datetime.combine(day, time(hour, minute), ZoneInfo(self.zone)))

    def midnight(self, day: date) -> str:
        return self.at(day, 0)

    def spell(self, moment: datetime) -> str:
        if self.spelling == "utc":
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return moment.isoformat()

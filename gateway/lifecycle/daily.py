"""A day's orders in counts: ordered = delivered + in flight + failed, and delivered = charged. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.canonical.base import Model
from gateway.canonical.lifecycle import Checkpoint
from gateway.canonical.states import OrderState

__all__ = ["DayCounts", "day_counts", "day_span", "local_day"]

_DELIVERED = frozenset({OrderState.COMPLETED, OrderState.PARTIAL})
_FAILED = frozenset({OrderState.FAILED, OrderState.CANCELLED, OrderState.REJECTED})


class DayCounts(Model):
    """Product orders that came on one day, by what became of them."""

    day: date
    ordered: int = 0
    delivered: int = 0
    in_flight: int = 0
    failed: int = 0
    charged: int = 0

    @property
    def difference(self) -> str:
        """What does not add up, in words; empty where all does."""
        parts = []
        if self.ordered != self.delivered + self.in_flight + self.failed:
            parts.append(
                f"{self.ordered} orders came on {self.day}, but {self.delivered} are delivered, {self.in_flight} in "
                f"flight and {self.failed} failed"
            )
        if self.delivered != self.charged:
            parts.append(f"of the orders of {self.day}, {self.delivered} are delivered and {self.charged} charged")
        return "; ".join(parts)


def day_counts(day: date, found: Mapping[tuple[str, str | None], int]) -> DayCounts:
    """Return the counts of a day from how many orders there are by (checkpoint, state)."""
    delivered = sum(count for (_, state), count in found.items() if state in _DELIVERED)
    failed = sum(count for (_, state), count in found.items() if state in _FAILED)
    ended = _DELIVERED | _FAILED
    in_flight = sum(count for (_, state), count in found.items() if state is not None and state not in ended)
    closed = {(place, state): count for (place, state), count in found.items() if place == Checkpoint.CLOSED}
    charged = sum(count for (_, state), count in closed.items() if state in _DELIVERED)
    return DayCounts(
        day=day, ordered=sum(found.values()), delivered=delivered, in_flight=in_flight, failed=failed, charged=charged
    )


def day_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the local midnights between which a day lies."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    after = day + timedelta(days=1)
    return start, datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(zone))


def local_day(moment: datetime, zone: str) -> date:
    """Return the day of a moment in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()

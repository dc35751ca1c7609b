"""Until when something holds: a day holds to its end, an instant to itself, give or take what clocks are apart."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.rules.times import aware, read_date

if TYPE_CHECKING:
    from gateway.rules.context import Context

__all__ = ["is_over"]


def is_over(ctx: "Context", until: Any, moment: datetime) -> bool:
    """Whether what holds until then has ended at a moment; False where it cannot be read."""
    instant = _instant(until)
    if instant is not None:
        return ctx.instant(moment) - aware(instant, ctx.zone) > ctx.grace_for(None)
    day = read_date(until, ctx.zone)
    return day is not None and day < ctx.day(moment)


def _instant(value: Any) -> datetime | None:
    if isinstance(value, str) and "T" in value:
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    return value if isinstance(value, datetime) else None

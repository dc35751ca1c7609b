"""How well orders go: exceptions a thousand orders, first time right, time to mend, recurrence, escapes. Pure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.canonical.exceptions import FaultClass, GroupEvent, Origin
from gateway.canonical.judgement import Gate
from gateway.lifecycle.exceptions.growth import Growth, growth_of
from gateway.ports.exceptions import Numbers, Opening

__all__ = ["Metrics", "growth_by_cause", "metrics_of"]

_AUTO = ("facts arrived", "gather reported", "book reported", "build reported", "reserve reported")
_POSITION = {gate.value: gate.position for gate in Gate}
_BILLING = frozenset({Gate.ACTIVATION_TO_BILLING.value, Gate.BILLING_TO_CLOSE.value})
_BY: Mapping[str, Callable[[Opening], str]] = {
    "fingerprint": lambda one: one.fingerprint,
    "gate": lambda one: one.gate,
    "adapter": lambda one: one.adapter or "none",
    "release": lambda one: one.release or "unknown",
    "class": lambda one: one.fault_class,
}


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of everything so far. A share that has nothing to divide by is None."""

    orders: int
    exceptions: int
    per_thousand: float | None
    by: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # exceptions per 1,000 orders
    first_time_right: float | None = None  # percent of orders without any exception
    auto_release: float | None = None  # percent of ended holds that went because a fact came
    mean_seconds_to_mend: float | None = None
    recurrence_after_fix: int = 0  # exceptions of a group that came after its fix was verified
    escapes: float | None = None  # percent found at a later gate than the facts were there
    found_at_billing: float | None = None  # percent
    touches_per_order: float | None = None
    growth: Growth = field(default_factory=lambda: Growth(0, 0))


def metrics_of(numbers: Numbers) -> Metrics:
    """Return the figures. An order that was refused at the door counts as an order."""
    orders, openings = len({one.order_id for one in numbers.orders}), numbers.openings
    touched = {one.order_id for one in openings}
    held = [one for one in openings if one.origin != Origin.REJECT]
    ended = [one for one in held if one.closed_at is not None]
    seconds = [(one.closed_at - one.opened_at).total_seconds() for one in ended if one.closed_at is not None]
    found = [one for one in held if one.fault_class != FaultClass.MISSING_FACT]
    escaped = [one for one in found if _POSITION.get(one.gate, 0) > _POSITION.get(one.known_at, 0)]
    return Metrics(
        orders=orders,
        exceptions=len(openings),
        per_thousand=_share(len(openings), orders, 1000.0),
        by={name: _rates(Counter(map(key, openings)), orders) for name, key in _BY.items()},
        first_time_right=_share(orders - len(touched), orders, 100.0),
        auto_release=_share(sum(_is_auto(one) for one in ended), len(ended), 100.0),
        mean_seconds_to_mend=sum(seconds) / len(seconds) if seconds else None,
        recurrence_after_fix=_recurrences(openings, numbers.events),
        escapes=_share(len(escaped), len(found), 100.0),
        found_at_billing=_share(sum(one.gate in _BILLING for one in found), len(found), 100.0),
        touches_per_order=_share(numbers.touches + _hands(numbers.events), orders, 1.0),
        growth=_growth(openings, _arrivals(numbers)),
    )


def growth_by_cause(numbers: Numbers) -> Mapping[str, Growth]:
    """Return the growth of each fingerprint, the most exceptions first."""
    arrivals = _arrivals(numbers)
    causes: dict[str, list[Opening]] = {}
    for one in numbers.openings:
        causes.setdefault(one.fingerprint, []).append(one)
    ordered = sorted(causes.items(), key=lambda cause: (-len(cause[1]), cause[0]))
    return {fingerprint: _growth(openings, arrivals) for fingerprint, openings in ordered}


def _arrivals(numbers: Numbers) -> list[datetime]:
    return sorted({one.order_id: one.at for one in numbers.orders}.values())


def _growth(openings: Iterable[Opening], arrivals: Sequence[datetime]) -> Growth:
    """The clock is how many orders had come when an exception did."""
    return growth_of([max(1, bisect_right(arrivals, one.opened_at)) for one in openings], len(arrivals))


def _rates(counts: Counter[str], orders: int) -> dict[str, float]:
    return {name: 1000.0 * count / orders for name, count in counts.most_common()} if orders else {}


def _share(part: float, whole: int, scale: float) -> float | None:
    return scale * part / whole if whole else None


def _is_auto(one: Opening) -> bool:
    return (one.cause or "").startswith(_AUTO) and one.fault_class == FaultClass.MISSING_FACT


def _recurrences(openings: Iterable[Opening], events: Iterable[GroupEvent]) -> int:
    mended: dict[str, datetime] = {}
    for event in events:
        if event.what == "verified":
            mended.setdefault(event.fingerprint, event.at)
    return sum(one.opened_at > mended[one.fingerprint] for one in openings if one.fingerprint in mended)


def _hands(events: Iterable[GroupEvent]) -> int:
    return sum(event.what in {"staged", "replaying", "amended", "closed"} for event in events)

"""TIM-001: times that mean one instant."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from gateway.canonical.base import Model
from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.common import Period
from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import HistoryEntry, LedgerEntry, Trace
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.times import is_zone, read_date, zone_of

__all__ = ["a_time_without_an_offset"]

_DAYS = frozenset({"date", "start", "end", "validuntil", "validfrom", "startdate", "enddate", "validto"})
_TIMED: tuple[tuple[str, type[Model], str | None, type[Model] | None], ...] = (
    ("service_orders", ServiceOrder, None, None),
    ("facts", Fact, None, None),
    ("history", HistoryEntry, None, None),
    ("rates", AppliedRate, "period_cover", Period),
    ("bills", Bill, "billing_period", Period),
    ("ledger", LedgerEntry, None, None),
)
"""Parts of a trace with times, what they are made of, and the member that has times of its own."""

_ZONE = zone_of("UTC")
_times_of: dict[type[Model], tuple[str, ...]] = {}
_WIRE_TIMES = {
    "orderDate": "order_date",
    "creationDate": "order_date",
    "requestedStartDate": "requested_start",
    "requestedCompletionDate": "requested_completion",
    "expectedCompletionDate": "expected_completion",
    "completionDate": "completion_date",
    "cancellationDate": "cancellation_date",
    "startDate": "start_date",
    "endDate": "end_date",
    "date": "date",
    "billDate": "bill_date",
    "paymentDueDate": "due_date",
    "nextBillDate": "next_bill_date",
    "lastUpdate": "last_update",
    "startDateTime": "start",
    "endDateTime": "end",
}
"""Instants of the wires; one that a face cannot read stays under its wire name among the extras."""


@rule("TIM-001", gate=None, severity=Severity.REJECT, reads=(), since="0.1", level=2)
def a_time_without_an_offset(ctx: Context) -> Iterator[Problem]:
    """Instants carry an offset, and the zone of dates is stated.

    What it checks: every instant of orders, facts, history, charges and bills has an offset; dates inside facts can be
        read; the zone of the trace exists.
    Why it matters: an hour that is read in another zone moves a charge to another day, or another bill.
    Passes: 2026-03-01T00:00:00+01:00.
    Fails: 2026-03-01T00:00:00; 01.03.26; the zone Europe/Atlantis.
    Harmless look-alike: a plain date in a fact, the catalogue or the ledger, which is a day in the trace's zone; any
        offset, not just Z.
    How to fix: write instants with their offset, days as YYYY-MM-DD, and name an IANA zone.
    """
    yield from _of_parts(ctx.trace)
    yield from _of_values(ctx)


def _of_parts(trace: Trace) -> Iterator[Problem]:
    if not is_zone(trace.zone):
        yield Problem("zone", f"{trace.zone!r} is no zone")
    if trace.now.tzinfo is None:
        yield Problem("now", "the time of the trace has no offset")
    order = trace.product_order
    if order is not None and not _are_sound((order,), _names(ProductOrder)):
        yield from _of(order, "product_order")
    for part, kind, member, inner in _TIMED:
        models = getattr(trace, part)
        if models and not _are_sound(models, _names(kind)):
            for number, one in enumerate(models):
                yield from _of(one, f"{part}[{number}]")
        periods = [getattr(one, member) for one in models or ()] if member is not None else []
        if inner is not None and not _are_sound([one for one in periods if one is not None], _names(inner)):
            for number, period in enumerate(periods):
                yield from _of(period, f"{part}[{number}].{member}") if period is not None else ()


def _of_values(ctx: Context) -> Iterator[Problem]:
    for name, facts in ctx.members.items():
        for number, fact in facts if _is_day(name) else ():
            value = fact.value[name]
            fault = _fault(value) if isinstance(value, str) else None
            if fault is not None:
                yield Problem(f"facts[{number}].value.{name}", fault)


@lru_cache(maxsize=1024)
def _is_day(name: str) -> bool:
    return name.lower() in _DAYS or name.endswith("Date")


def _names(kind: type[Model]) -> tuple[str, ...]:
    names = _times_of.get(kind)
    if names is None:
        fields = kind.model_fields.items()
        names = _times_of[kind] = tuple(name for name, field in fields if "datetime" in str(field.annotation))
    return names


def _are_sound(models: Sequence[Model], names: tuple[str, ...]) -> bool:
    """Whether nothing has to be looked at: the common case, and no path is made for it."""
    for model in models:
        stated = model.__dict__
        for name in names:
            value = stated[name]
            if value is not None and value.tzinfo is None:
                return False
        if stated.get("extras"):
            return False
    return True


def _of(model: Model, path: str) -> Iterator[Problem]:
    for name in _names(type(model)):
        value = getattr(model, name)
        if isinstance(value, datetime) and value.tzinfo is None and not _is_ledger_day(model, value):
            yield Problem(f"{path}.{name}", f"{value.isoformat()} has no offset")
    extras = getattr(model, "extras", None)
    for name, value in extras.items() if extras else ():
        if name in _WIRE_TIMES and not _is_instant(value):
            yield Problem(f"{path}.{_WIRE_TIMES[name]}", f"{value!r} is no instant with an offset")


def _is_ledger_day(model: Model, value: datetime) -> bool:
    """Ledgers post by days: a plain date, read as the midnight with which it begins, is one in the trace's zone."""
    return isinstance(model, LedgerEntry) and value.time() == time.min


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _fault(value: str) -> str | None:
    if read_date(value, _ZONE) is None:
        return f"{value!r} is neither a date nor an instant"
    if "T" in value and datetime.fromisoformat(value.strip()).tzinfo is None:
        return f"{value} has no offset"
    return None

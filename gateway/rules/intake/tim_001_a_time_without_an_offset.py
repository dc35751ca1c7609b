"""TIM-001: times that mean one instant."""

from collections.abc import Iterator
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from gateway.canonical.base import Model
from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import LedgerEntry, Trace
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.times import is_zone, read_date, zone_of

__all__ = ["a_time_without_an_offset"]

_DAYS = frozenset({"date", "start", "end", "validuntil", "validfrom", "startdate", "enddate", "validto"})
_PERIODS = {"rates": "period_cover", "bills": "billing_period"}
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
    trace = ctx.trace
    if not is_zone(trace.zone):
        yield Problem("zone", f"{trace.zone!r} is no zone")
    if trace.now.tzinfo is None:
        yield Problem("now", "the time of the trace has no offset")
    for part, number, name, model in _timed(trace):
        if not _is_sound(model):
            whole = part if number is None else f"{part}[{number}]"
            yield from _of(model, f"{whole}.{name}" if name else whole)
    for number, fact in enumerate(trace.facts):
        for name, value in fact.value.items():
            if value.__class__ is not str or not _is_day(name):
                continue
            fault = _fault(value)
            if fault is not None:
                yield Problem(f"facts[{number}].value.{name}", fault)


def _timed(trace: Trace) -> Iterator[tuple[str, int | None, str, Model]]:
    """Yield every part of a trace that has times: the part, its number, the member of it, what has them."""
    if trace.product_order is not None:
        yield "product_order", None, "", trace.product_order
    for part in ("service_orders", "facts", "history", "rates", "bills", "ledger"):
        member = _PERIODS.get(part)
        for number, one in enumerate(getattr(trace, part) or ()):
            yield part, number, "", one
            period = getattr(one, member) if member is not None else None
            if member is not None and period is not None:
                yield part, number, member, period


def _names(kind: type[Model]) -> tuple[str, ...]:
    names = _times_of.get(kind)
    if names is None:
        fields = kind.model_fields.items()
        names = _times_of[kind] = tuple(name for name, field in fields if "datetime" in str(field.annotation))
    return names


def _is_sound(model: Model) -> bool:
    """Whether nothing has to be looked at: the common case, and no path is made for it."""
    stated = model.__dict__
    for name in _names(type(model)):
        value = stated[name]
        if value is not None and value.tzinfo is None:
            return False
    return not stated.get("extras")


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


@lru_cache(maxsize=1024)
def _is_day(name: str) -> bool:
    return name.lower() in _DAYS or name.endswith("Date")


def _fault(value: str) -> str | None:
    if read_date(value, _ZONE) is None:
        return f"{value!r} is neither a date nor an instant"
    if "T" in value and datetime.fromisoformat(value.strip()).tzinfo is None:
        return f"{value} has no offset"
    return None

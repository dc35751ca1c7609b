"""Laws that every report has to keep, whatever the system behind it: of statements, units, money, times, identities."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contract_tests.measure import money_of
from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.fact import PREDICATES, Fact
from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.quantity import UnknownUnit, read_quantity
from gateway.ports.adapter import Message, Report

__all__ = ["TIMED", "identities", "money_rows", "statement_rows", "time_rows", "unit_rows"]

TIMED = frozenset(
    {
        "appointment.booked",
        "bill.balanced",
        "bill.sent",
        "device.bound",
        "field.completed",
        "ledger.posted",
        "resource.assigned",
        "resource.released",
        "resource.reserved",
        "service.activated",
        "service.ceased",
        "service.resumed",
        "service.suspended",
    }
)
"""Things that happened once in the system: their time is the system's own, however often it is asked."""

_BILL_TIMES = ("bill_date", "due_date", "last_update")
_LOWERS = frozenset({"discount", "credit"})
_RATE_NAMES = ("rate", "bandwidth", "speed")


def statement_rows(message: Message, report: Report) -> Iterator[str]:
    """Yield facts that are about nothing of the message, or that do not say who says them."""
    items = {item.id for _, item in message.order.all_items()} if message.order else set()
    items |= {item.id for order in message.service_orders for _, item in order.all_items()}
    subjects = {"productOrder", "serviceOrder", *(f"item:{one}" for one in items)}
    subjects |= {f"bill:{bill.id}" for bill in report.bills}
    for fact in report.facts:
        where = f"fact {fact.key}"
        if fact.predicate not in PREDICATES:
            yield f"{where}: there is no such predicate"
        if fact.subject not in subjects:
            yield f"{where}: nothing of the message is called {fact.subject}"
        if not fact.source.system or not fact.source.adapter:
            yield f"{where}: the source names no {'adapter' if fact.source.system else 'system'}"
        if not fact.source.message:
            yield f"{where}: the source has no digest of the answer that it was read from"


def unit_rows(report: Report) -> Iterator[str]:
    """Yield quantities without a known unit."""
    for fact in report.facts:
        for name, value in _members(fact.value):
            where = f"fact {fact.key}: {name}"
            if isinstance(value, Mapping) and "amount" in value:
                try:
                    read_quantity(value)
                except UnknownUnit as error:
                    yield f"{where}: {error}"
            elif _is_figure(value) and name.lower().endswith(_RATE_NAMES) and fact.predicate != "rate.created":
                yield f"{where} is {value}, without a unit"


def money_rows(report: Report) -> Iterator[str]:
    """Yield sums that have no currency, do not add up, or have the wrong sign."""
    for fact in report.facts:
        for name, value in _members(fact.value):
            where = f"fact {fact.key}: {name}"
            if isinstance(value, Mapping) and "value" in value and "amount" not in value:
                yield from _sum_rows(where, money_of(value))
            elif name in {"net", "gross"} and money_of(value) is None:
                yield f"{where} is {value!r}, which is no sum of money with a currency"
    for rate in report.rates:
        yield from _total_rows(f"rate {rate.id} of item {rate.item_id} ({rate.type})", rate)
        if not rate.type:
            yield f"rate {rate.id}: no type is said"
        yield from _sign_rows(rate)
    for bill in report.bills:
        yield from _total_rows(f"bill {bill.id}", bill)
    for posting in report.ledger:
        yield from _sum_rows(f"ledger entry of {posting.bill}", posting.amount)


def _total_rows(where: str, one: AppliedRate | Bill) -> Iterator[str]:
    yield from _sum_rows(f"{where}: net", one.net)
    yield from _sum_rows(f"{where}: gross", one.gross)
    if one.net is None or one.gross is None or one.net.currency != one.gross.currency:
        return
    taxes = [tax.amount for tax in one.taxes]
    if any(tax is None or tax.currency != one.net.currency for tax in taxes):
        yield f"{where}: a tax has no amount in {one.net.currency}"
        return
    tax = sum((tax.amount for tax in taxes if tax), Decimal(0))
    if one.net.amount + tax != one.gross.amount:
        yield f"{where}: net {one.net.amount} and tax {tax} are not gross {one.gross.amount}"
    if abs(one.gross.amount) < abs(one.net.amount):
        yield f"{where}: gross {one.gross.amount} is less than net {one.net.amount}"


def _sign_rows(rate: AppliedRate) -> Iterator[str]:
    if rate.net is None:
        return
    if (rate.net.amount > 0) if rate.type in _LOWERS else (rate.net.amount < 0):
        yield f"rate {rate.id}: a {rate.type} of {rate.net.amount} has the wrong sign"


def _sum_rows(where: str, sum_: Money | None) -> Iterator[str]:
    if sum_ is None:
        yield f"{where}: there is no sum"
    elif sum_.currency not in CURRENCY_EXPONENTS:
        yield f"{where}: {sum_.currency!r} is no currency"
    elif not sum_.is_postable:
        yield f"{where}: {sum_.amount} has more decimals than {sum_.currency}"


def time_rows(report: Report, started: datetime, now: datetime, tolerance: timedelta) -> Iterator[str]:
    """Yield times without an offset, of another zone, or that end before they begin.

    What happened during the run was observed between `started` and `now`, give or take the tolerance.
    """
    for fact in report.facts:
        where = f"fact {fact.key}"
        yield from _offset_rows(where, fact)
        yield from _span_rows(where, fact)
        yield from _text_time_rows(where, fact.value)
        if fact.observed_at.tzinfo and not started - tolerance <= fact.observed_at <= now + tolerance:
            off = round((fact.observed_at - now).total_seconds())
            side = "after" if off > 0 else "before"
            yield f"{where}: observed {abs(off)} s {side} it was asked, at {fact.observed_at}"
    named = [(f"bill {one.id}", name, getattr(one, name)) for one in report.bills for name in _BILL_TIMES]
    named += [(f"rate {one.id}", "date", one.date) for one in report.rates]
    for where, name, moment in named:
        if moment is not None and moment.tzinfo is None:
            yield f"{where}: {name} has no offset"


def _span_rows(where: str, fact: Fact) -> Iterator[str]:
    start, end = fact.valid_from, fact.valid_to
    if start and end and start.tzinfo and end.tzinfo and end <= start:
        yield f"{where}: ends at {end}, before it begins"


def _offset_rows(where: str, fact: Fact) -> Iterator[str]:
    for name in ("observed_at", "valid_from", "valid_to"):
        moment = getattr(fact, name)
        if moment is not None and moment.tzinfo is None:
            yield f"{where}: {name} has no offset"


def _text_time_rows(where: str, value: Mapping[str, Any]) -> Iterator[str]:
    found: dict[str, datetime] = {}
    for name in ("start", "end", "date", "validUntil"):
        text = value.get(name)
        if not isinstance(text, str):
            continue
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            yield f"{where}: {name} is {text!r}, which is no ISO 8601 date or time"
            continue
        if "T" in text and moment.tzinfo is None:
            yield f"{where}: {name} is {text!r}, without an offset"
        found[name] = moment
    start, end = found.get("start"), found.get("end")
    if start and end and start.tzinfo and end.tzinfo and end <= start:
        yield f"{where}: ends at {value['end']}, before it starts"


def identities(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (kind, id) of each object of the legacy system that a report names."""
    yield from ((name.split(" ", 1)[0], str(one)) for name, one in report.legacy_ids.items())
    yield from (("rate", rate.id) for rate in report.rates)
    yield from (("bill", bill.id) for bill in report.bills)


def _members(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        yield name, one
        if isinstance(one, Mapping) and not {"amount", "value"} & one.keys():
            yield from _members(one)


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

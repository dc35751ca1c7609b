"""The class of an offending value beside the one that was expected: `ratio≈1000`, `Δday=1`, `unit:none`.

A class says how two values differ and never what they are, so that a thousand orders with one cause look alike.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from gateway.canonical.money import CURRENCY_EXPONENTS
from gateway.canonical.quantity import UNITS
from gateway.canonical.states import BillState, OnDemandState, OrderState, ProductStatus, ServiceState, TaskState

__all__ = ["OTHER", "RATIOS", "missing", "refused", "unknown_code", "value_class"]

OTHER = "other"
"""Where nothing can be said of how the values differ."""

RATIOS: tuple[tuple[str, Decimal, Decimal], ...] = tuple(
    (name, Decimal(low), Decimal(high))
    for name, low, high in (
        ("1000000", "970000", "1050000"),
        ("1000", "970", "1050"),  # holds 1024 too
        ("100", "97", "103"),
        ("12", "11.9", "12.1"),
        ("10", "9.8", "10.2"),
        ("8", "7.9", "8.1"),
        ("2", "1.98", "2.02"),
    )
)
"""Factors that have a usual cause: (name, from, to), the larger value over the smaller."""

_STATES = frozenset(
    str(state).strip()
    for states in (OrderState, ServiceState, ProductStatus, TaskState, BillState, OnDemandState)
    for state in states
)
_NUMBER = r"-?\d+(?:\.\d+)?"
_UNITS = "|".join(sorted(map(re.escape, UNITS.keys() - {"1"}), key=len, reverse=True))
_SIZED = re.compile(rf"(?<![\w.-])({_NUMBER}) ?({_UNITS})(?![\w/])")
_PRICED = re.compile(rf"(?<![\w.-])({_NUMBER}) ([A-Z]{{3}})(?!\w)")
_DAY = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?")
_BARE = re.compile(_NUMBER)
_UNIT = re.compile(r"[A-Za-z][A-Za-z0-9/.%]{0,11}")


class _Value(NamedTuple):
    """A figure in the base unit of its dimension, or a day."""

    kind: str
    amount: Decimal


def missing(predicate: str) -> str:
    """Return the class of a fact that is absent."""
    return f"missing:{predicate}"


def unknown_code(code: str) -> str:
    """Return the class of a code that a vocabulary lacks."""
    return f"unknown-code:{code[:40]}"


def refused(code: str) -> str:
    """Return the class of a legacy system's refusal; its code says why, and is the same for every order."""
    return f"refused:{code[:40]}"


def value_class(observed: str | None, expected: str | None, reason: str = "") -> str:
    """Return the class of an offending value; out of the words of the reason where the values are not stated."""
    if observed is not None and expected is not None:
        return _compared(observed.strip(), expected.strip())
    if observed is not None:
        return _alone(observed.strip())
    return _in_words(reason)


def _compared(observed: str, expected: str) -> str:
    mine, theirs = _read(observed), _read(expected)
    if mine is not None and theirs is not None:
        return _difference(mine, theirs)
    if observed in _STATES and expected in _STATES:
        return f"state:{expected}→{observed}"
    if theirs is not None and theirs.kind in {"rate", "data"}:
        return _unit_class(observed)
    return OTHER


def _alone(observed: str) -> str:
    return OTHER if _read(observed) is not None and not _BARE.fullmatch(observed) else _unit_class(observed)


def _unit_class(observed: str) -> str:
    """The class of a figure whose unit is absent or unknown."""
    number, _, unit = observed.partition(" ")
    if not _BARE.fullmatch(number):
        return OTHER
    unit = unit.strip()
    if not unit:
        return "unit:none"
    return f"unit:{unit}" if _UNIT.fullmatch(unit) else "unit:other"


def _in_words(reason: str) -> str:
    """Compare what a sentence names: exactly two days, two quantities or two amounts of money."""
    for found in (_days(reason), _quantities(reason), _amounts(reason)):
        values = list(found)
        if len(values) == 2 and values[0] != values[1]:
            return _difference(*values)
    return OTHER


def _read(text: str) -> _Value | None:
    day = _DAY.fullmatch(text)
    if day:
        return next(_days(text), None)
    for pattern, reader in ((_SIZED, _quantities), (_PRICED, _amounts)):
        if pattern.fullmatch(text):
            return next(reader(text), None)
    return _Value("number", Decimal(text)) if _BARE.fullmatch(text) else None


def _quantities(text: str) -> Iterator[_Value]:
    for amount, unit in _SIZED.findall(text):
        dimension, factor = UNITS[unit]
        yield _Value(dimension, Decimal(amount) * factor)


def _amounts(text: str) -> Iterator[_Value]:
    for amount, currency in _PRICED.findall(text):
        if currency in CURRENCY_EXPONENTS:
            yield _Value(currency, Decimal(amount))


def _days(text: str) -> Iterator[_Value]:
    for found in _DAY.findall(text):
        try:
            moment = datetime.fromisoformat(found) if "T" in found else date.fromisoformat(found)
        except ValueError:
            continue
        if isinstance(moment, datetime):
            yield _Value("instant", Decimal(str(moment.timestamp())))
        else:
            yield _Value("day", Decimal(moment.toordinal()))


def _difference(observed: _Value, expected: _Value) -> str:
    if observed.kind == "number" and expected.kind != "number":
        return "unit:none"
    if observed.kind != expected.kind:
        currencies = {observed.kind, expected.kind} <= CURRENCY_EXPONENTS.keys()
        return f"currency:{expected.kind}→{observed.kind}" if currencies else "unit:other"
    if observed.kind == "day":
        return _in_days(abs(observed.amount - expected.amount))
    if observed.kind == "instant":
        day = Decimal(timedelta(days=1).total_seconds())
        apart = abs(observed.amount - expected.amount)
        return "Δday<1" if apart < day else _in_days((apart / day).to_integral_value())
    return _ratio(observed.amount, expected.amount)


def _in_days(days: Decimal) -> str:
    return "Δday<1" if days == 0 else "Δday=1" if days == 1 else "Δday>1"


def _ratio(observed: Decimal, expected: Decimal) -> str:
    if observed == -expected and observed:
        return "sign"
    if not observed or not expected:
        return "zero" if not observed else "not-zero"
    try:
        ratio = abs(observed / expected)
    except InvalidOperation:
        return OTHER
    larger = max(ratio, 1 / ratio)
    for name, low, high in RATIOS:
        if low <= larger <= high:
            return f"ratio≈{name}" if ratio > 1 else f"ratio≈{_inverse(name)}"
    return "more" if ratio > 1 else "less"


def _inverse(name: str) -> str:
    return f"1/{name}" if name in {"12", "8"} else format((1 / Decimal(name)).normalize(), "f")

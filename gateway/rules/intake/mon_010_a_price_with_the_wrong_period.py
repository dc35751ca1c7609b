"""MON-010: how often a price is due."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context, Line
from gateway.rules.money import prices
from gateway.rules.rule import Problem, rule

__all__ = ["a_price_with_the_wrong_period"]

_ONCE = frozenset({"nonrecurring", "onetime", "oneoff", "once"})
_UNITS = {
    "p1m": "month",
    "p1y": "year",
    "p1w": "week",
    "p1d": "day",
    "daily": "day",
    "annual": "year",
    "annually": "year",
}


@rule("MON-010", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=2)
def a_price_with_the_wrong_period(ctx: Context) -> Iterator[Problem]:
    """A recurring price names its period; a one-time price has none.

    What it checks: prices of type recurring have a period, prices of type nonRecurring have none; where the order
        states no period, the catalogue's price has one; type and period of the order's price are the catalogue's.
    Why it matters: what is due each month is billed once a year, or what is due once each month.
    Passes: recurring, month; nonRecurring without a period.
    Fails: recurring without a period; nonRecurring each month; by the year where the catalogue has the month.
    Harmless look-alike: a usage price, with or without a period; the type in other letters (`non-recurring`); a fee
        for the installation beside a recurring price; `P1M` for a month.
    How to fix: state the period of a recurring price, and drop it from a one-time price.
    """
    for path, price, _ in prices(ctx):
        fault = _fault(_kind(price.price_type), (price.period or "").strip())
        if fault is not None:
            yield Problem(f"{path}.period", f"the price {fault}")
    for line in ctx.wanted:
        offering = ctx.offering(line.item)
        if offering is None or offering.price is None:
            continue
        kind, period = _kind(offering.price.type), (offering.price.period or "").strip()
        fault = _fault(kind, period)
        if fault is not None and not (kind == "recurring" and any(price.period for price in line.item.prices)):
            yield Problem(f"{line.path}.offering", f"the catalogue's price of {offering.id} {fault}")
        yield from _other_terms(line, kind, period)


def _kind(words: str | None) -> str:
    return (words or "").lower().replace("-", "").replace("_", "").replace(" ", "")


def _fault(kind: str, period: str) -> str | None:
    if kind == "recurring" and not period:
        return "is recurring but names no period"
    return f"is due once but has the period {period}" if kind in _ONCE and period else None


def _other_terms(line: Line, kind: str, period: str) -> Iterator[Problem]:
    """Yield where an item with prices has none of the catalogue's type, or one by another period."""
    kinds = {_kind(price.price_type) for price in line.item.prices} & {"recurring", *_ONCE}
    same = {"recurring"} if kind == "recurring" else _ONCE
    if kinds and kind in {"recurring", *_ONCE} and not kinds & same:
        reason = f"item {line.item.id} is priced as {', '.join(sorted(kinds))}, the catalogue has it {kind}"
        yield Problem(f"{line.path}.prices", reason)
    for number, price in enumerate(line.item.prices if kind == "recurring" and period else ()):
        mine = (price.period or "").strip()
        if _kind(price.price_type) == "recurring" and mine and _unit(mine) != _unit(period):
            reason = f"the price is by the {mine}, the catalogue's by the {period}"
            yield Problem(f"{line.path}.prices[{number}].period", reason)


def _unit(period: str) -> str:
    bare = period.strip().lower().removeprefix("1").strip()
    return _UNITS.get(bare, bare.removesuffix("ly").removesuffix("s"))

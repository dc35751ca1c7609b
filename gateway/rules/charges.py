"""Charges in rules: which item a rate is about, what kind of line it is, what it covers, what was credited of it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from gateway.canonical.bill import AppliedRate
from gateway.rules.context import DEAD_STATES
from gateway.rules.times import read_date

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = [
    "Charge",
    "charges",
    "charges_of",
    "covered",
    "credited",
    "is_corrected",
    "is_credited",
    "justified_start",
    "names_rate",
    "price_kind",
]

_WORDS = (
    ("credit", "credit"),
    ("discount", "discount"),
    ("fee", "fee"),
    ("penalty", "fee"),
    ("deposit", "fee"),
    ("usage", "usage"),
    ("nonrecurring", "nonRecurring"),
    ("onetime", "nonRecurring"),
    ("once", "nonRecurring"),
    ("recurring", "recurring"),
)


_ASKS = frozenset({"recurring", "nonRecurring", "usage", ""})


class Charge(NamedTuple):
    """A rate, where it stands, the item it is about (None where it names none of the order) and its kind.

    Kinds: recurring, nonRecurring, usage, discount, credit, fee; empty where nothing says.
    """

    path: str
    rate: AppliedRate
    line: "Line | None"
    kind: str

    @property
    def is_charge(self) -> bool:
        """Whether it asks money for a product: neither a fee nor a reduction."""
        return self.kind in _ASKS


def charges(ctx: "Context") -> tuple[Charge, ...]:
    """Return every rate of the trace with the item it is about; none where the rates are unknown."""
    if ctx.charges is None:
        ctx.charges = _charges(ctx)
    return ctx.charges


def charges_of(ctx: "Context", line: "Line") -> Iterator[Charge]:
    """Yield the rates that ask money for one item's product."""
    yield from ctx.memo("charges_by_item", _by_item).get(id(line.item), ())


def price_kind(words: str | None) -> str:
    """Return what a price or rate is after the words of its type: recurring, nonRecurring … or empty."""
    return _kind_in(words) if words else ""


@lru_cache(maxsize=256)
def _kind_in(words: str) -> str:
    bare = words.lower().replace("-", "").replace("_", "").replace(" ", "")
    return next((kind for word, kind in _WORDS if word in bare), "")


def covered(ctx: "Context", rate: AppliedRate) -> tuple[date | None, date | None]:
    """Return the days that a rate covers, the second one not included; None where it does not say."""
    period = rate.period_cover
    if period is None:
        return None, None
    known = ctx.memo("covered", _nothing_yet)
    days = known.get(id(rate))  # ids of rates may repeat; the rates themselves live as long as the trace
    if days is None:
        start, end = period.start, period.end
        days = known[id(rate)] = None if start is None else ctx.day(start), None if end is None else ctx.day(end)
    return days


def _nothing_yet(_: "Context") -> dict[int, tuple[date | None, date | None]]:
    return {}


def names_rate(rate: AppliedRate, name: str) -> str | None:
    """Return the id of the rate that a characteristic (`correctsRate`, `reducesRate`) names, or None."""
    if not rate.characteristics:
        return None
    wanted = name.lower()
    found = next((one.value for one in rate.characteristics if one.name.lower() == wanted), None)
    return None if found is None else str(found)


def is_credited(ctx: "Context", rate: AppliedRate) -> bool:
    """Whether credits that name a rate give all of it back."""
    return rate.net is not None and bool(rate.id) and credited(ctx, rate) >= rate.net.amount > 0


def credited(ctx: "Context", rate: AppliedRate) -> Decimal:
    """Return how much of a rate's net amount the credits that name it give back."""
    if not rate.id:
        return Decimal(0)
    naming = ctx.memo("credits_by_rate", _by_corrected).get(rate.id, ())
    return sum((-one.rate.net.amount for one in naming if one.rate.net), Decimal(0))


def is_corrected(ctx: "Context", rate: AppliedRate) -> bool:
    """Return whether a credit gives back any of a rate."""
    return bool(rate.id) and rate.id in ctx.memo("credits_by_rate", _by_corrected)


def justified_start(ctx: "Context", line: "Line") -> date | None:
    """Return the day before activation from which charging was agreed with a reason, within the policy's days."""
    fact = ctx.seen("charge.started", line.subject)
    if fact is None or not (str(fact.value.get("reason") or "").strip() or (fact.reason or "").strip()):
        return None
    return read_date(fact.value.get("date"), ctx.zone)


def _charges(ctx: "Context") -> tuple[Charge, ...]:
    by_product: dict[str, Line] = {}
    for line in sorted(ctx.lines, key=lambda line: line.item.state in DEAD_STATES):
        if line.item.product is not None and line.item.product.id:
            by_product.setdefault(line.item.product.id, line)
    found: list[Charge] = []
    for number, rate in enumerate(ctx.trace.rates or ()):
        about: Line | None = ctx.by_id.get(rate.item_id) if rate.item_id is not None else None
        if about is None and rate.product is not None:
            about = by_product.get(rate.product.id)
        found.append(Charge(f"rates[{number}]", rate, about, _kind(ctx, rate, about)))
    return tuple(found)


def _by_item(ctx: "Context") -> dict[int, list[Charge]]:
    found: dict[int, list[Charge]] = {}
    for charge in charges(ctx):
        if charge.line is not None and charge.is_charge:
            found.setdefault(id(charge.line.item), []).append(charge)  # ids of items may repeat; items do not
    return found


def _by_corrected(ctx: "Context") -> dict[str, list[Charge]]:
    found: dict[str, list[Charge]] = {}
    for charge in charges(ctx):
        corrected = names_rate(charge.rate, "correctsRate")
        if corrected is not None:
            found.setdefault(corrected, []).append(charge)
    return found


def _kind(ctx: "Context", rate: AppliedRate, line: "Line | None") -> str:
    if names_rate(rate, "correctsRate"):
        return "credit"
    if names_rate(rate, "reducesRate"):
        return "discount"
    said = price_kind(rate.type)
    if said:
        return said
    if rate.net is not None and rate.net.amount < 0:
        return "credit"
    offering = ctx.offering(line.item) if line is not None else None
    catalogue = price_kind(offering.price.type) if offering is not None and offering.price is not None else ""
    if catalogue == "recurring":
        return catalogue if rate.period_cover is not None else ""
    return catalogue

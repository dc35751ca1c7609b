"""An order as it was delivered, beside what the systems say of it now. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.canonical.bill import AppliedRate
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import Trace
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.gates import trace_of
from gateway.lifecycle.reports import our_fact, our_rate
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Report
from gateway.ports.repository import Aggregate

__all__ = ["OUTCOMES", "READ_BACK", "Delivered", "Observed", "news"]

READ_BACK = "read back after delivery"
"""The reason on facts that reading back has added; as delivered, an order is what the others say."""

OUTCOMES = {
    "service.activated": "active",
    "service.resumed": "active",
    "service.suspended": "inactive",
    "service.ceased": "terminated",
}
"""Predicate → the state of the service that it states."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one adapter said of an order now, in our ids. `adapter` is its name, without a version."""

    adapter: str
    facts: tuple[Fact, ...] = ()
    rates: tuple[AppliedRate, ...] = ()


class Delivered:
    """A closed product order with those of its items whose products no later order has changed."""

    def __init__(self, aggregate: Aggregate, items: Iterable[str], terms: Terms, now: datetime) -> None:
        order = aggregate.product_order
        assert order is not None
        wanted = set(items)
        self.order: ProductOrder = order
        self.items: tuple[ProductOrderItem, ...] = tuple(i for _, i in order.all_items() if i.id in wanted)
        self.subjects = frozenset(item.subject for item in self.items)
        self.facts = _as_delivered(aggregate.facts)
        self.recorded = aggregate.facts
        self.rates = aggregate.rates
        self.terms, self.now = terms, now
        self._draft = Draft(aggregate, now)

    def observed(self, adapter: str, report: Report) -> Observed:
        """Return a report in our ids, without what is not about these items."""
        facts = (our_fact(self._draft, fact) for fact in report.facts if fact.subject in self.subjects)
        ids = {item.id for item in self.items}
        rates = (our_rate(self._draft, rate) for rate in report.rates if rate.item_id in ids)
        return Observed(adapter, tuple(facts), tuple(rates))

    def said_by(self, adapter: str) -> tuple[Fact, ...]:
        """Return what an adapter had said of these items by the time of delivery."""
        return tuple(fact for fact in self.facts if fact.subject in self.subjects and _is_of(fact, adapter))

    def charged(self) -> tuple[AppliedRate, ...]:
        """Return the rates of these items, as recorded."""
        ids = {item.id for item in self.items}
        return tuple(rate for rate in self.rates if rate.item_id in ids)

    def trace(self) -> Trace:
        """Return the trace of the order as it was delivered."""
        return trace_of(self._draft, self.terms).model_copy(update={"facts": self.facts})

    def trace_with_services(self, seen: Observed) -> Trace:
        """Return the trace with what runs now in place of what ran then."""
        return self.trace().model_copy(update={"facts": self._with(seen, ("service.", "resource.assigned"))})

    def trace_with_charges(self, seen: Observed) -> Trace:
        """Return the trace with what is charged now in place of what was charged then."""
        mine = {rate.id for rate in self.charged()}
        kept = tuple(rate for rate in self.rates if rate.id not in mine)
        facts = self._with(seen, ("charge.", "rate."))
        return self.trace().model_copy(update={"facts": facts, "rates": (*kept, *seen.rates)})

    def _with(self, seen: Observed, stems: Sequence[str]) -> tuple[Fact, ...]:
        told = {(fact.subject, fact.predicate.partition(".")[0]) for fact in seen.facts}
        kept = [
            fact
            for fact in self.facts
            if not (
                fact.predicate.startswith(tuple(stems))
                and _is_of(fact, seen.adapter)
                and (fact.subject, fact.predicate.partition(".")[0]) in told
            )
        ]
        fresh = [
            fact.model_copy(update={"id": f"now-{number}", "recorded_at": self.now})
            for number, fact in enumerate(seen.facts)
            if fact.predicate.startswith(tuple(stems))
        ]
        return (*kept, *fresh)


def news(recorded: Iterable[Fact], seen: Observed) -> tuple[Fact, ...]:
    """Return the statements that say something new, each superseding what the same system said last."""
    found: list[Fact] = []
    for fact in seen.facts:
        same = [one for one in recorded if one.key == fact.key and one.source.system == fact.source.system]
        superseded = {one.supersedes for one in same if one.supersedes}
        standing = [one for one in same if one.id not in superseded]
        if any(one.value == fact.value and one.valid_from == fact.valid_from for one in standing):
            continue
        if any(one.value == fact.value for one in standing) and fact.valid_from is None:
            continue
        update = {"supersedes": standing[-1].id if standing else None, "reason": READ_BACK}
        found.append(fact.model_copy(update=update))
    return tuple(found)


def _as_delivered(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.reason != READ_BACK)


def _is_of(fact: Fact, adapter: str) -> bool:
    return (fact.source.adapter or "").partition("@")[0] == adapter

"""What a rule set would do to orders, before it is in force: those under way, and those that have been."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.canonical.fact import FactKey
from gateway.canonical.judgement import Judgement, Severity
from gateway.canonical.lifecycle import ResourceKind, Trace
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.gates import trace_of
from gateway.lifecycle.plan import STAGES
from gateway.lifecycle.terms import Terms
from gateway.lifecycle.unsent import is_unsent
from gateway.ports.repository import Aggregate, Repository
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.projection import Projection, project
from gateway.rules.engine import Catalogue, judge

__all__ = ["MOST_NAMED", "MOST_ORDERS", "Effects", "effects_to_data", "on_open_orders", "on_traffic", "tried"]

MOST_ORDERS = 1000
"""How many orders are looked at; where there are more, as many are taken evenly from first to last."""

MOST_NAMED = 100
"""How many orders of a kind are named."""

_PAGE = 100


@dataclass(slots=True)
class Effects:
    """What putting a rule set into force would do to the orders under way. Orders are named up to MOST_NAMED."""

    open_orders: int = 0
    checked: int = 0
    newly_held: int = 0
    released: int = 0
    unchanged: int = 0
    held_orders: list[dict[str, Any]] = field(default_factory=list)
    released_orders: list[str] = field(default_factory=list)

    def add(self, order: str, new: Iterable[str], old: Iterable[str], *, waits: bool) -> None:
        """Count one order: what would hold it, what holds it now, and whether it is held already."""
        wanted, present = dict.fromkeys(new), dict.fromkeys(old)
        more = [one for one in wanted if one not in present]
        self.checked += 1
        if more and not waits:
            self.newly_held += 1
            if len(self.held_orders) < MOST_NAMED:
                self.held_orders.append({"order": order, "for": more})
        elif present and not wanted:
            self.released += 1
            if len(self.released_orders) < MOST_NAMED:
                self.released_orders.append(order)
        else:
            self.unchanged += 1


async def on_open_orders(
    repository: Repository, terms: Terms, old: Catalogue, new: Catalogue, now: datetime
) -> Effects:
    """Return what would change for the orders that stand at a gate, each judged there by both catalogues.

    Other orders that a rule might compare with are not looked at, as for both catalogues alike.
    """
    effects = Effects()
    totals = {point: (await repository.summaries(checkpoint=point.value, limit=0)).total for point in STAGES}
    effects.open_orders = sum(totals.values())
    for point, total in totals.items():
        share = total if effects.open_orders <= MOST_ORDERS else max(1, total * MOST_ORDERS // effects.open_orders)
        async for aggregate in _spread(repository, point.value, total, min(share, total)):
            draft = Draft(aggregate, now)
            if aggregate.lifecycle.root is ResourceKind.ON_DEMAND_BILL or is_unsent(draft):
                continue
            trace = trace_of(draft, terms)
            one, other = await asyncio.to_thread(_both, trace, aggregate, old, new)
            effects.add(aggregate.lifecycle.id, _holding(other), _holding(one), waits=bool(aggregate.holds))
    return effects


async def on_traffic(
    repository: Repository, terms: Terms, catalogue: Catalogue, codes: Sequence[str], now: datetime
) -> tuple[Projection, ...]:
    """Return what each of some rules would do if it were enforced, from the orders that are stored."""
    if not codes:
        return ()
    total = (await repository.summaries(limit=0)).total
    traces = [
        trace_of(Draft(aggregate, now), terms)
        async for aggregate in _spread(repository, None, total, min(total, MOST_ORDERS))
        if aggregate.lifecycle.root is not ResourceKind.ON_DEMAND_BILL
    ]
    return await asyncio.to_thread(project, traces, catalogue, codes)


def tried(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the codes of the rules that a catalogue has on trial, anywhere."""
    if catalogue.bound is None:
        return ()
    return tuple(
        code
        for code, one in catalogue.bound.treatments.items()
        if Mode.DRY_RUN in {one.default, *(row.mode for row in one.rows)}
    )


def effects_to_data(effects: Effects) -> Mapping[str, Any]:
    """Return effects as they are stored and shown."""
    return {
        "openOrders": effects.open_orders,
        "checked": effects.checked,
        "mostChecked": MOST_ORDERS,
        "newlyHeld": effects.newly_held,
        "released": effects.released,
        "unchanged": effects.unchanged,
        "heldOrders": effects.held_orders,
        "releasedOrders": effects.released_orders,
    }


async def _spread(repository: Repository, checkpoint: str | None, total: int, wanted: int) -> AsyncIterator[Aggregate]:
    """Yield so many orders, evenly from the first to the last."""
    places = [number * total // wanted for number in range(wanted)] if wanted else []
    size = max(1, _PAGE * wanted // total) if total else 1  # far apart, one at a time
    page: tuple[str, ...] = ()
    start = 0
    for place in places:
        if not start <= place < start + len(page):
            start = place
            found = await repository.summaries(checkpoint=checkpoint, offset=start, limit=size)
            page = tuple(one.id for one in found.items)
            if not page:
                return
        aggregate = await repository.load(page[place - start])
        if aggregate is not None:
            yield aggregate


def _both(trace: Trace, aggregate: Aggregate, old: Catalogue, new: Catalogue) -> tuple[Judgement, Judgement]:
    stage = STAGES[aggregate.lifecycle.checkpoint]
    return (
        judge(trace, stage.gate, old, not_yet=stage.not_yet),
        judge(trace, stage.gate, new, not_yet=stage.not_yet),
    )


def _holding(judgement: Judgement) -> list[str]:
    """What keeps an order from going on: codes with what they are about, and facts."""
    found = [f"{one.code} {one.path}" for one in judgement.findings if one.severity is not Severity.WARN]
    return [*found, *_facts(judgement.missing)]


def _facts(keys: Iterable[FactKey]) -> list[str]:
    return [str(key) for key in keys]

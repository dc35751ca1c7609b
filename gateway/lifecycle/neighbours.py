"""Other orders that a gate has to look at: those that claim the same device."""

from collections.abc import Sequence

from gateway.canonical.lifecycle import Trace
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.terms import Terms
from gateway.ports.repository import Repository

__all__ = ["Neighbours"]

_CLAIMS = {"device.bound": "serial", "field.completed": "serial"}
"""Predicate → the member of its value that names something only one service may have."""


class Neighbours:
    """Finds the orders that share a unique resource with the order of a draft."""

    def __init__(self, repository: Repository, terms: Terms) -> None:
        self._repository, self._terms = repository, terms

    async def of(self, draft: Draft) -> Sequence[Trace]:
        """Return traces of the orders that bound a device which this order binds too; usually none."""
        claims = {
            (fact.predicate, _CLAIMS[fact.predicate], str(fact.value[_CLAIMS[fact.predicate]]))
            for fact in draft.facts
            if fact.predicate in _CLAIMS and fact.value.get(_CLAIMS[fact.predicate])
        }
        found: set[str] = set()
        for predicate, member, value in sorted(claims):
            found.update(await self._repository.fact_owners(predicate, member, value))
        found.discard(draft.lifecycle.id)
        traces = [await self._trace(order_id, draft) for order_id in sorted(found)]
        return [trace for trace in traces if trace is not None]

    async def _trace(self, order_id: str, draft: Draft) -> Trace | None:
        aggregate = await self._repository.load(order_id)
        if aggregate is None:
            return None
        return Trace(
            now=draft.now,
            zone=self._terms.zone,
            product_order=aggregate.product_order,
            service_orders=aggregate.service_orders,
            facts=aggregate.facts,
        )

"""The door: an order that is refused there is not stored, but counted, so that its cause is seen and mended."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from gateway.canonical.judgement import Finding, Gate
from gateway.canonical.order import ProductOrder
from gateway.canonical.reference import Reference
from gateway.canonical.service_order import ServiceOrder
from gateway.lifecycle.exceptions.recording import Subject, refused_cases
from gateway.lifecycle.gates import ask_at_the_door
from gateway.lifecycle.terms import Terms
from gateway.ports.errors import GateRefused, StoreUnavailable
from gateway.ports.repository import Change, Repository
from gateway.rules.engine import Catalogue

__all__ = ["Door"]


class Door:
    """Judges what an order itself says, and remembers why it let one not in."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def ask(  # noqa: PLR0913 - one trace in its parts
        self,
        gate: Gate,
        terms: Terms,
        catalogue: Catalogue,
        now: datetime,
        *,
        order: ProductOrder | None = None,
        service_orders: tuple[ServiceOrder, ...] | None = None,
        is_known: Callable[[], Awaitable[bool]] | None = None,
    ) -> tuple[Finding, ...]:
        """Return what is left to warn of. Raises GateRefused, once the refusal is counted.

        What `is_known` says was taken in before is not counted: it is nobody's new order.
        """
        try:
            return ask_at_the_door(gate, terms, catalogue, now, order=order, service_orders=service_orders)
        except GateRefused as refusal:
            with suppress(StoreUnavailable):
                if is_known is not None and await is_known():
                    raise
            newest = service_orders[-1].id if service_orders else ""
            order_id = newest or (order.id if order is not None else "")
            subject = Subject(order_id, order, service_orders or (), Reference(), terms)
            cases = refused_cases(subject, gate, refusal.findings, now)
            with suppress(StoreUnavailable):  # what the sender has to correct is true all the same
                await self._repository.save(Change(opened=cases))
            raise

"""What the lifecycle and the faces ask of the store of read-backs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.canonical.drift import AgreementRun, Drift, OrderReadBack, ProductInUse

__all__ = ["AgreementStore", "DriftQuery", "RunStep"]


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """A page of drifts; what is None is not asked for."""

    order_id: str | None = None
    code: str | None = None
    system: str | None = None
    is_open: bool | None = None
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class RunStep:
    """What one step of a run found, stored in one transaction. `drifts` are new, seen again or closed, by id."""

    run: AgreementRun
    drifts: tuple[Drift, ...] = ()
    read_backs: tuple[OrderReadBack, ...] = ()
    checked: tuple[str, ...] = ()  # products
    at: datetime | None = None


class AgreementStore(Protocol):
    """Products in use, what the systems said of them, and the runs. Every method may raise StoreUnavailable."""

    async def products_due(self, before: datetime, limit: int) -> tuple[ProductInUse, ...]:
        """Return settled products that were not looked at since, the longest neglected first."""

    async def products_of_order(self, order_id: str) -> tuple[ProductInUse, ...]:
        """Return the products that an order settled last, those in change left out."""

    async def known_products(self, product_ids: Sequence[str]) -> frozenset[str]:
        """Return which of some products the gateway delivered or changes."""

    async def save_run_step(self, step: RunStep) -> None:
        """Store what a step of a run found, and how far the run has come."""

    async def run(self, run_id: str) -> AgreementRun | None:
        """Return one run, or None."""

    async def last_run(self) -> AgreementRun | None:
        """Return the last run that came to its end, or None."""

    async def find_drifts(self, query: DriftQuery) -> tuple[Sequence[Drift], int]:
        """Return a page of drifts, oldest first, and how many match in all."""

    async def read_backs(self, order_ids: Sequence[str]) -> dict[str, OrderReadBack]:
        """Return what the systems last said of some orders, by order."""

    async def product_orders_between(self, start: datetime, end: datetime, limit: int) -> tuple[list[str], int]:
        """Return ids of product orders that came in a span of time, oldest first, and how many there are."""

    async def orders_by_state(self, start: datetime, end: datetime) -> dict[tuple[str, str | None], int]:
        """Return how many product orders that came in a span of time stand where, by (checkpoint, state)."""

"""Carrying messages to legacy systems: what the handlers of the role lanes do with one piece of work."""

from collections.abc import Mapping

import orjson
import structlog

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.reference import Reference
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.plan import live_items
from gateway.ports.adapter import Adapter, Message, Operation, Outcome, Report, Role
from gateway.ports.errors import (
    AdapterError,
    NeedsOperator,
    OutcomeUnknown,
    StoreUnavailable,
    TryLater,
)
from gateway.ports.repository import Aggregate
from gateway.streams.message import Again, Job

__all__ = ["Courier"]

_log = structlog.get_logger(__name__)


class Courier:
    """Builds a message from the verified context, hands it to the adapter of its role, and brings the report back."""

    def __init__(self, desk: OrderDesk, adapters: Mapping[Role, Adapter]) -> None:
        self._desk, self._adapters = desk, adapters

    async def carry(self, job: Job) -> Again | None:
        """Do one job of a role lane. Raises TryLater and OutcomeUnknown for the stream to try again."""
        said = orjson.loads(job.payload)
        order_id, name, mode = said["order"], said["message"], said["mode"]
        operation = Operation(said["operation"])
        aggregate = await self._desk.repository.load(order_id)
        if aggregate is None or name not in aggregate.lifecycle.awaiting:
            return None  # nobody waits for it any more: the order was cancelled, or the stage was sent anew
        role = Role(job.lane)
        root = aggregate.lifecycle.root
        asked = await self._desk.repository.get(root, order_id) if root is ResourceKind.ON_DEMAND_BILL else None
        message = self._message(aggregate, name, role, operation, attempt=job.attempt, on_demand=asked)
        adapter = self._adapters[role]
        try:
            report = await self._ask(adapter, message, mode, submitted=name in aggregate.lifecycle.submitted)
        except (TryLater, OutcomeUnknown, StoreUnavailable):
            raise
        except AdapterError as error:
            _log.warning("legacy.fault", order=order_id, system=adapter.name, operation=operation, code=error.code)
            await self._desk.fault(order_id, name, mode, adapter.name, error)
            return None
        await self._desk.receive(order_id, name, operation, report, adapter.name)
        return Again(report.again_after_seconds) if report.outcome is Outcome.WORKING else None

    async def gave_up(self, job: Job, reason: str) -> None:
        """Hold the order whose stream was parked, so that somebody sees it."""
        said = orjson.loads(job.payload)
        error = NeedsOperator(f"no success for too long: {reason}", "mend the system, then replay the stream")
        await self._desk.fault(said["order"], said["message"], "submit", self._adapters[Role(job.lane)].name, error)

    @staticmethod
    async def _ask(adapter: Adapter, message: Message, mode: str, *, submitted: bool) -> Report:
        if mode == "cancel":
            return await adapter.cancel(message)
        if submitted:
            return await adapter.fetch(message)
        return await adapter.submit(message)

    def _message(  # noqa: PLR0913 - a message in its parts
        self,
        aggregate: Aggregate,
        name: str,
        role: Role,
        operation: Operation,
        *,
        attempt: int,
        on_demand: OnDemandBill | None,
    ) -> Message:
        draft = Draft(aggregate, self._desk.clock.now())
        order = aggregate.product_order
        return Message(
            id=name,
            role=role,
            operation=operation,
            order=order,
            service_orders=aggregate.service_orders,
            items=live_items(draft),
            facts=aggregate.facts,
            reference=self._desk.terms.reference_for(order, aggregate.lifecycle.reference)
            if order
            else Reference(offerings=tuple(self._desk.terms.offerings.values())),
            rates=aggregate.rates,
            legacy_ids=aggregate.lifecycle.legacy_ids,
            on_demand=on_demand,
            attempt=attempt,
        )

"""Carrying messages to legacy systems: what the handlers of the role lanes do with one piece of work."""

import orjson
import structlog

from gateway.canonical.lifecycle import ResourceKind
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.messages import message_of
from gateway.ports.adapter import Adapter, Message, Operation, Outcome, Report, Role
from gateway.ports.errors import (
    AdapterError,
    NeedsOperator,
    OutcomeUnknown,
    StoreUnavailable,
    TryLater,
    UnknownCode,
)
from gateway.ports.workshop import Workshop
from gateway.streams.message import Again, Job

__all__ = ["Courier"]

_log = structlog.get_logger(__name__)


class Courier:
    """Builds a message from the verified context, hands it to the adapter of its role, and brings the report back."""

    def __init__(self, desk: OrderDesk, workshop: Workshop) -> None:
        self._desk, self._workshop = desk, workshop

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
        terms, now = self._desk.terms, self._desk.clock.now()
        message = message_of(aggregate, terms, name, operation, now, attempt=job.attempt, on_demand=asked, mode=mode)
        adapter = self._workshop.adapters()[role]  # for each message anew: its tables may have been replaced
        try:
            report = await self._ask(adapter, message, mode, submitted=name in aggregate.lifecycle.submitted)
        except (TryLater, OutcomeUnknown, StoreUnavailable):
            raise
        except AdapterError as error:
            if isinstance(error, UnknownCode) and await self._workshop.met_unknown(error, order_id, adapter):
                return Again(0.0)
            _log.warning("legacy.fault", order=order_id, system=adapter.name, operation=operation, code=error.code)
            await self._desk.fault(order_id, name, adapter.name, error)
            return None
        await self._desk.receive(order_id, name, operation, report, adapter.name)
        return Again(report.again_after_seconds) if report.outcome is Outcome.WORKING else None

    async def gave_up(self, job: Job, reason: str) -> None:
        """Hold the order whose stream was parked, so that somebody sees it."""
        said = orjson.loads(job.payload)
        error = NeedsOperator(f"no success for too long: {reason}", "mend the system, then replay the stream")
        await self._desk.fault(said["order"], said["message"], self._workshop.adapters()[Role(job.lane)].name, error)

    @staticmethod
    async def _ask(adapter: Adapter, message: Message, mode: str, *, submitted: bool) -> Report:
        if mode == "cancel":
            return await adapter.cancel(message)
        if submitted:
            return await adapter.fetch(message)
        return await adapter.submit(message)

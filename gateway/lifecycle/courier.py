"""Carrying messages to legacy systems: what the handlers of the role lanes do with one piece of work."""

import orjson
import structlog

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.lifecycle import ResourceKind
from gateway.lifecycle.callbacks import CallbackSigner
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.messages import message_of
from gateway.ports.adapter import Adapter, Message, Operation, Outcome, Report, Role
from gateway.ports.callbacks import reports_back
from gateway.ports.capability import require
from gateway.ports.errors import (
    AdapterError,
    NeedsOperator,
    OutcomeUnknown,
    StoreUnavailable,
    TryLater,
    UnknownCode,
)
from gateway.ports.outcome import InDoubt, Known, in_doubt, teller_of
from gateway.ports.repository import Aggregate
from gateway.ports.workshop import Workshop
from gateway.streams.message import Again, Job, Moot, Unbegun

__all__ = ["Courier"]

_log = structlog.get_logger(__name__)


class Courier:
    """Builds a message from the verified context, hands it to the adapter of its role, and brings the report back."""

    def __init__(self, desk: OrderDesk, workshop: Workshop, signer: CallbackSigner | None = None) -> None:
        """With a `signer`, an adapter whose system calls back is given an address for each message."""
        self._desk, self._workshop, self._signer = desk, workshop, signer

    async def carry(self, job: Job) -> Again | Moot | None:
        """Do one job of a role lane.

        Raises TryLater, OutcomeUnknown, and NeedsOperator where nobody gets in, for the stream to try again.
        """
        said = orjson.loads(job.payload)
        order_id, name, mode = said["order"], said["message"], said["mode"]
        operation = Operation(said["operation"])
        aggregate, asked = await self._stored(order_id)
        if aggregate is None or name not in aggregate.lifecycle.awaiting:
            return Moot()  # nobody waits for it any more: the order was cancelled, or the stage was sent anew
        role = Role(job.lane)
        terms, now = self._desk.terms, self._desk.clock.now()
        message = message_of(aggregate, terms, name, operation, now, attempt=job.attempt, on_demand=asked, mode=mode)
        adapter = self._workshop.adapters()[role]  # for each message anew: its tables may have been replaced
        if self._signer is not None and mode != "cancel" and reports_back(adapter) is not None:
            message = message.model_copy(update={"callback": self._signer.address(message, order_id, now)})
        submitted = name in aggregate.lifecycle.submitted
        is_doubtful = job.in_doubt and mode != "cancel" and not submitted
        if is_doubtful and in_doubt(adapter, operation) is InDoubt.HOLD:
            await self._desk.fault(order_id, name, adapter.name, _unanswerable(message))
            return Moot()
        try:
            if is_doubtful and in_doubt(adapter, operation) is InDoubt.ASK:
                submitted = await teller_of(adapter).outcome_of(message) is Known.PRESENT
            require(adapter, f"cancel {operation}" if mode == "cancel" else operation)
            report = await self._ask(adapter, message, mode, submitted=submitted)
        except (TryLater, OutcomeUnknown, StoreUnavailable):
            raise
        except AdapterError as error:
            if isinstance(error, NeedsOperator) and not error.only_this:
                raise
            if isinstance(error, UnknownCode) and await self._workshop.met_unknown(error, order_id, adapter):
                return Again(0.0)
            _log.warning("legacy.fault", order=order_id, system=adapter.name, operation=operation, code=error.code)
            await self._desk.fault(order_id, name, adapter.name, error)
            return None
        await self._desk.receive(order_id, name, operation, report, adapter.name)
        return Again(report.again_after_seconds) if report.outcome is Outcome.WORKING else None

    async def _stored(self, order_id: str) -> tuple[Aggregate | None, OnDemandBill | None]:
        """Return what is stored of an order. Raises Unbegun where the store does not answer: nothing was sent yet."""
        repository, on_demand = self._desk.repository, ResourceKind.ON_DEMAND_BILL
        try:
            aggregate = await repository.load(order_id)
            is_asked = aggregate is not None and aggregate.lifecycle.root is on_demand
            return aggregate, await repository.get(on_demand, order_id) if is_asked else None
        except StoreUnavailable as error:
            raise Unbegun(str(error)) from error

    async def gave_up(self, job: Job, reason: str) -> None:
        """Hold the order whose stream was parked, so that somebody sees it."""
        said = orjson.loads(job.payload)
        fix = "mend the system, then replay the stream"
        error = NeedsOperator(f"no success for too long: {reason}", fix, only_this=True)
        await self._desk.fault(said["order"], said["message"], self._workshop.adapters()[Role(job.lane)].name, error)

    @staticmethod
    async def _ask(adapter: Adapter, message: Message, mode: str, *, submitted: bool) -> Report:
        if mode == "cancel":
            return await adapter.cancel(message)
        if submitted:
            return await adapter.fetch(message)
        return await adapter.submit(message)


def _unanswerable(message: Message) -> OutcomeUnknown:
    """Return the fault of a message in doubt, of a system that can neither be asked nor be told again."""
    return OutcomeUnknown(
        f"nobody knows whether {message.operation} was done under reference {message.reference_key} (message "
        f"{message.id}): its answer was lost, the system cannot be asked, and it may do twice what it is told twice",
        "look there whether it was done; if it was, state its facts (POST /lifecycle/v1/facts); only if it was not",
    )

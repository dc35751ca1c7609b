"""Making something of what others tell the gateway: the adapter that declares it says what it means, as a report.

What nobody declares, or what is about nothing known here, stays in the inbox as unclaimed. Nothing is guessed.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import orjson
import structlog

from gateway.canonical.listening import HeardEvent, HeardStatus
from gateway.lifecycle.advance import message_id
from gateway.lifecycle.callbacks import called_back
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.known_as import order_known_as
from gateway.ports.adapter import Adapter, Operation, Report, Role
from gateway.ports.callbacks import CALLBACK_FACE, reports_back
from gateway.ports.errors import AdapterError, UnknownCode
from gateway.ports.inbox import Inbox
from gateway.ports.listening import About, listens_to
from gateway.ports.workshop import Workshop
from gateway.streams.message import Again, Job

__all__ = ["HeardDesk"]

_log = structlog.get_logger(__name__)

_LOOKS = 5
_PAUSE_SECONDS = 1.0
"""A system may tell of an object before its own answer, which names it, is recorded: it is looked for this often."""


class _Named(NamedTuple):
    """The message that a report answers."""

    order_id: str
    message: str
    operation: Operation
    is_awaited: bool


class HeardDesk:
    """The handler of the lane that looks at what was heard."""

    def __init__(self, desk: OrderDesk, workshop: Workshop, inbox: Inbox) -> None:
        self._desk, self._workshop, self.inbox = desk, workshop, inbox

    async def look(self, job: Job) -> Again | None:
        """Show one notification to the adapters, and take in what the one that understands it reports."""
        heard = await self.inbox.heard(orjson.loads(job.payload)["heard"])
        if heard is None or heard.status is HeardStatus.CLAIMED:
            return None
        if heard.face == CALLBACK_FACE:
            return await self._called_back(heard)
        reason = f"no adapter of the landscape hears {heard.event_type}"
        for adapter in self._workshop.adapters().values():
            hearer = listens_to(adapter, heard.event_type)
            if hearer is None:
                continue
            about = hearer.about(heard)
            if about is None:
                reason = f"{adapter.name} hears {heard.event_type}, and knows nothing of what this one is about"
                continue
            order_id = await order_known_as(
                self._desk, adapter.name, reference=about.reference, legacy_id=about.legacy_id
            )
            if order_id is not None:
                message, is_awaited = await self._message(order_id, about)
                about_what = _Named(order_id, message, about.operation, is_awaited)
                return await self._take(heard, adapter, about_what, partial(hearer.report_from_event, heard))
            if job.rounds < _LOOKS:
                return Again(_PAUSE_SECONDS * (job.rounds + 1))
            named = about.reference or about.legacy_id
            reason = f"{adapter.name} understands it, but no order of ours is known as {named!r:.100}"
        await self._settle(heard, HeardStatus.UNCLAIMED, reason=reason)
        return None

    async def _called_back(self, heard: HeardEvent) -> Again | None:
        """Take in what was posted at an address of ours: its token says which message it answers."""
        called = called_back(heard)
        adapter = self._workshop.adapters().get(Role(heard.source))
        reporter = None if adapter is None else reports_back(adapter)
        aggregate = await self._desk.repository.load(called.order_id)
        if adapter is None or reporter is None or aggregate is None:
            who = f"no adapter plays {heard.source}" if adapter is None else f"{adapter.name} takes no call-backs"
            reason = "its order is not known here any more" if reporter is not None else who
            await self._settle(heard, HeardStatus.UNCLAIMED, reason=reason)
            return None
        is_awaited = called.message in aggregate.lifecycle.awaiting
        about = _Named(called.order_id, called.message, called.operation, is_awaited)
        return await self._take(heard, adapter, about, partial(reporter.report_from_callback, called))

    async def _take(
        self, heard: HeardEvent, adapter: Adapter, about: "_Named", read: Callable[[], Report]
    ) -> Again | None:
        order_id, message, is_awaited = about.order_id, about.message, about.is_awaited
        try:
            report = read()
        except AdapterError as error:
            if isinstance(error, UnknownCode) and await self._workshop.met_unknown(error, order_id, adapter):
                return Again(0.0)
            _log.warning("heard.fault", order=order_id, system=adapter.name, type=heard.event_type, code=error.code)
            await self._desk.fault(order_id, message, adapter.name, error)
            status = HeardStatus.HELD if is_awaited else HeardStatus.UNCLAIMED
            await self._settle(heard, status, system=adapter.name, order_id=order_id, reason=str(error))
            return None
        await self._desk.receive(order_id, message, about.operation, report, adapter.name)
        late = None if is_awaited else "the order waits for it no longer: what it says is recorded"
        await self._settle(heard, HeardStatus.CLAIMED, system=adapter.name, order_id=order_id, reason=late)
        return None

    async def _message(self, order_id: str, about: About) -> tuple[str, bool]:
        """Return the message that such a report answers, and whether the order still waits for it."""
        aggregate = await self._desk.repository.load(order_id)
        generation = aggregate.lifecycle.generation if aggregate else 1
        awaiting = aggregate.lifecycle.awaiting if aggregate else ()
        name = message_id(order_id, about.operation, generation)
        return name, name in awaiting

    async def _settle(
        self,
        heard: HeardEvent,
        status: HeardStatus,
        *,
        system: str | None = None,
        order_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        said = {"status": status, "system": system, "order_id": order_id, "reason": reason}
        await self.inbox.settle(heard.model_copy(update=said | {"settled_at": self._desk.clock.now()}))

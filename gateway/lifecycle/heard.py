"""Making something of what others tell the gateway: the adapter that declares it says what it means, as a report.

What nobody declares, or what is about nothing known here, stays in the inbox as unclaimed. Nothing is guessed.
"""

import orjson
import structlog

from gateway.canonical.listening import HeardEvent, HeardStatus
from gateway.lifecycle.advance import message_id
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.known_as import order_known_as
from gateway.ports.adapter import Adapter
from gateway.ports.errors import AdapterError, UnknownCode
from gateway.ports.inbox import Inbox
from gateway.ports.listening import About, ListensTo, listens_to
from gateway.ports.workshop import Workshop
from gateway.streams.message import Again, Job

__all__ = ["HeardDesk"]

_log = structlog.get_logger(__name__)

_LOOKS = 5
_PAUSE_SECONDS = 1.0
"""A system may tell of an object before its own answer, which names it, is recorded: it is looked for this often."""


class HeardDesk:
    """The handler of the lane that looks at what was heard."""

    def __init__(self, desk: OrderDesk, workshop: Workshop, inbox: Inbox) -> None:
        self._desk, self._workshop, self.inbox = desk, workshop, inbox

    async def look(self, job: Job) -> Again | None:
        """Show one notification to the adapters, and take in what the one that understands it reports."""
        heard = await self.inbox.heard(orjson.loads(job.payload)["heard"])
        if heard is None or heard.status is HeardStatus.CLAIMED:
            return None
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
                return await self._take(heard, adapter, hearer, about, order_id)
            if job.rounds < _LOOKS:
                return Again(_PAUSE_SECONDS * (job.rounds + 1))
            named = about.reference or about.legacy_id
            reason = f"{adapter.name} understands it, but no order of ours is known as {named!r:.100}"
        await self._settle(heard, HeardStatus.UNCLAIMED, reason=reason)
        return None

    async def _take(
        self, heard: HeardEvent, adapter: Adapter, hearer: ListensTo, about: About, order_id: str
    ) -> Again | None:
        message, is_awaited = await self._message(order_id, about)
        try:
            report = hearer.report_from_event(heard)
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

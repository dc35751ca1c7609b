"""Asking systems that call nobody what has changed, and fetching it at once.

A change is a reason to look and nothing more: what it means is what `fetch` says then.
"""

import orjson
import structlog

from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.known_as import order_known_as
from gateway.ports.adapter import Adapter, Role
from gateway.ports.polling import Changed, Cursors, Hurried, poller_of
from gateway.ports.workshop import Workshop
from gateway.streams.message import Again, Job

__all__ = ["PollDesk"]

_log = structlog.get_logger(__name__)

_LOOKS = 5
_PAUSE_SECONDS = 1.0
"""A thing may change before the answer that names it is recorded: its order is looked for this often."""

_BUSY_SECONDS = 0.25


class PollDesk:
    """The handler of the lane that polls."""

    def __init__(self, desk: OrderDesk, workshop: Workshop, cursors: Cursors) -> None:
        self._desk, self._workshop, self._cursors = desk, workshop, cursors

    async def schedule(self) -> None:
        """Have each system polled whose adapter declares it."""
        for role, adapter in self._workshop.adapters().items():
            if poller_of(adapter) is not None:
                await self._cursors.schedule(role)

    async def carry(self, job: Job) -> Again | None:
        """Poll a system, or look after one change of it. Raises AdapterError, LeaseLost: it is done again."""
        said = orjson.loads(job.payload)
        role = Role(said["role"])
        adapter = self._workshop.adapters().get(role)
        if adapter is None:
            return None
        if said["what"] == "poll":
            return await self._poll(role, adapter)
        changed = Changed(reference=said.get("reference"), legacy_id=said.get("legacy_id"))
        order_id = await self._order(adapter, changed)
        if order_id is not None:
            hurried = await self._cursors.hurry(Hurried(role=role, order_id=order_id))
            self._desk.on_work()
            return None if hurried else Again(_BUSY_SECONDS)
        if job.rounds < _LOOKS:
            return Again(_PAUSE_SECONDS * (job.rounds + 1))
        _log.info("poll.unknown", system=adapter.name, **changed.model_dump(exclude_none=True))
        return None

    async def _poll(self, role: Role, adapter: Adapter) -> Again | None:
        poller = poller_of(adapter)
        if poller is None:  # another adapter plays the role by now
            return None
        polled = await poller.poll(await self._cursors.cursor(role, adapter.name))
        orders: dict[str, None] = {}
        unknown: list[Changed] = []
        for changed in dict.fromkeys(polled.changes):
            order_id = await self._order(adapter, changed)
            if order_id is None:
                unknown.append(changed)
            else:
                orders[order_id] = None
        hurried = [Hurried(role=role, order_id=order_id) for order_id in orders]
        await self._cursors.advance(role, adapter.name, polled, hurried, unknown)
        if polled.changes:
            self._desk.on_work()
        return Again(polled.again_after_seconds)

    async def _order(self, adapter: Adapter, changed: Changed) -> str | None:
        return await order_known_as(self._desk, adapter.name, reference=changed.reference, legacy_id=changed.legacy_id)

"""Adapters as they are lent out: closed once nobody holds them any more, or for a trial allowed to look only."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Mapping

from gateway.canonical.listening import HeardEvent
from gateway.ports.adapter import Adapter, Capability, Message, Report, Role
from gateway.ports.callbacks import CALLBACK, CalledBack, reports_back
from gateway.ports.errors import NotSupported
from gateway.ports.listening import About, ListensTo, listens_to
from gateway.ports.loss import losses_of
from gateway.ports.outcome import Known, teller_of
from gateway.ports.polling import POLL, Polled, poller_of
from gateway.ports.readback import INVENTORY, OBSERVE, InventoryItem, reader_of

__all__ = ["Lender", "LooksOnly"]


class _Lent:
    """An adapter that is in use. Whoever holds it keeps it open, a call under way included."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self.name: str = adapter.name
        self.role: Role = adapter.role
        self.capabilities: Mapping[str, Capability] = adapter.capabilities
        book = losses_of(adapter)
        if book is not None:
            self.losses = book
        self.hears = adapter.hears if isinstance(adapter, ListensTo) else frozenset()

    async def submit(self, message: Message) -> Report:
        return await self._adapter.submit(message)

    async def fetch(self, message: Message) -> Report:
        return await self._adapter.fetch(message)

    async def cancel(self, message: Message) -> Report:
        return await self._adapter.cancel(message)

    async def outcome_of(self, message: Message) -> Known:
        return await teller_of(self._adapter).outcome_of(message)

    def about(self, heard: HeardEvent) -> About | None:
        hearer = listens_to(self._adapter, heard.event_type)
        return None if hearer is None else hearer.about(heard)

    def report_from_event(self, heard: HeardEvent) -> Report:
        hearer = listens_to(self._adapter, heard.event_type)
        if hearer is None:
            raise NotSupported(self.name, heard.event_type)
        return hearer.report_from_event(heard)

    async def poll(self, cursor: str | None) -> Polled:
        poller = poller_of(self._adapter)
        if poller is None:
            raise NotSupported(self.name, POLL)
        return await poller.poll(cursor)

    def report_from_callback(self, called: CalledBack) -> Report:
        reporter = reports_back(self._adapter)
        if reporter is None:
            raise NotSupported(self.name, CALLBACK)
        return reporter.report_from_callback(called)

    async def observe(self, message: Message) -> Report:
        return await reader_of(self._adapter, OBSERVE).observe(message)

    async def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        async for item in reader_of(self._adapter, INVENTORY).inventory(after):  # not handed on: this keeps it open
            yield item

    async def check(self) -> str:
        return await self._adapter.check()

    async def close(self) -> None:
        """Do nothing: it is closed when the last holder lets go."""


class LooksOnly(_Lent):
    """An adapter on trial: it may look, and send nothing."""

    async def submit(self, message: Message) -> Report:
        """Raise NotSupported: a trial sends nothing."""
        raise NotSupported(f"{self.name} on trial", message.operation)

    async def cancel(self, message: Message) -> Report:
        """Raise NotSupported: a trial calls nothing back."""
        raise NotSupported(f"{self.name} on trial", f"cancel {message.operation}")


class Lender:
    """Lends adapters, and closes each when the last reference to what was lent is gone."""

    def __init__(self) -> None:
        self._open: set[Adapter] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def lend(self, adapter: Adapter) -> Adapter:
        """Return the adapter as it is handed out."""
        lent = _Lent(adapter)
        self._open.add(adapter)
        weakref.finalize(lent, self._let_go, adapter).atexit = False
        return lent

    @property
    def open(self) -> int:
        """How many adapters that were lent are not closed yet."""
        return len(self._open)

    async def close(self) -> None:
        """Close all that are open, held or not."""
        await asyncio.gather(*self._closing)
        while self._open:
            await self._open.pop().close()

    def _let_go(self, adapter: Adapter) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._start_closing, adapter)

    def _start_closing(self, adapter: Adapter) -> None:
        if adapter in self._open:
            self._open.discard(adapter)
            task = self._loop.create_task(adapter.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

"""A connection that is made when it can be: a gateway starts and works whether its broker is there or not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from gateway.ports.errors import AdapterError, TryLater
from gateway.streams.backoff import Backoff

__all__ = ["Link", "Linked"]

_log = logging.getLogger(__name__)


class Link:
    """Calls `connect` until it succeeds. `what` names the other side; `explain` says what its errors mean."""

    def __init__(
        self, what: str, connect: Callable[[], Awaitable[None]], explain: Callable[[Exception], AdapterError]
    ) -> None:
        self._what, self._connect, self._explain = what, connect, explain
        self._pause = Backoff(first_seconds=0.2, cap_seconds=10.0, jitter=0.5)
        self._task: asyncio.Task[None] | None = None
        self._failure: AdapterError = TryLater(f"{what} is not connected yet")

    def start(self) -> None:
        """Begin to connect. Needs a running loop."""
        self._task = asyncio.create_task(self._go_on())

    def check(self) -> None:
        """Return where the connection was made; raise what stands against it where not."""
        if self._task is None or not self._task.done():
            raise self._failure
        self._task.result()

    async def close(self) -> None:
        """Stop trying."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._connect()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
                self._failure = self._explain(error)
                _log.warning("%s: %s", self._what, self._failure)
                await asyncio.sleep(self._pause.pause(attempt))
            else:
                return


class _Broker(Protocol):
    async def stop(self) -> None: ...


B = TypeVar("B", bound=_Broker)


class Linked(Generic[B]):
    """What works over a broker that is connected to when it can be."""

    _link: Link
    _broker: B

    def start(self) -> None:
        """Begin to connect."""
        self._link.start()

    async def close(self) -> None:
        """Close the connection; what was brought and is not taken by now is delivered again to somebody else."""
        await self._link.close()
        await self._broker.stop()

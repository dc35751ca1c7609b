"""Statements that arrive by message: taken as over HTTP, or kept as dead letters; never lost, never in the way."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import structlog

from gateway.faces.lifecycle.arrivals import Statements
from gateway.ports.broker import Arrived, DeadLetter, DeadLetters
from gateway.ports.clock import Clock
from gateway.ports.errors import GatewayError, StaleVersion, StoreUnavailable
from gateway.streams.backoff import Backoff

__all__ = ["FactIntake", "Take"]

log = structlog.get_logger(__name__)

Take = Callable[[Arrived], Awaitable[bool]]
"""Returns True once a message is stored, in whichever way; False where the process stops before that."""


class FactIntake:
    """Takes messages from one source. `systems` are those whose statements may come that way; empty is anybody."""

    def __init__(
        self, statements: Statements, letters: DeadLetters, clock: Clock, systems: frozenset[str] = frozenset()
    ) -> None:
        self._statements, self._letters, self._clock, self._systems = statements, letters, clock, systems
        self._pause = Backoff(first_seconds=0.1, cap_seconds=5.0)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take nothing more; what cannot be stored at present is given back."""
        self._stopping.set()

    async def take(self, arrived: Arrived) -> bool:
        """Store what a message says, however long the store is away."""
        attempt = 0
        while not self._stopping.is_set():
            attempt += 1
            try:
                await self._once(arrived)
            except (StoreUnavailable, StaleVersion) as error:
                log.warning("a message cannot be stored now", source=arrived.source, reason=str(error))
                await self._wait(self._pause.pause(attempt))
            else:
                return True
        return False

    async def _once(self, arrived: Arrived) -> None:
        try:
            await self._statements.record(arrived.body, self._systems)
        except (StoreUnavailable, StaleVersion):
            raise
        except GatewayError as error:
            await self._keep(arrived, error)
        except Exception as error:
            log.exception("a message met a defect", source=arrived.source)
            what = f"unexpected {type(error).__name__}"
            await self._keep(arrived, GatewayError("internal", what, "report it, then replay the message"))

    async def _keep(self, arrived: Arrived, error: GatewayError) -> None:
        letter = DeadLetter(
            id=letter_id(arrived),
            source=arrived.source,
            body=arrived.body,
            code=error.code,
            reason=error.reason,
            fix=error.fix,
            received=self._clock.now(),
        )
        if await self._letters.put(letter):
            log.warning("a message is kept as a dead letter", source=arrived.source, letter=letter.id, code=error.code)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def letter_id(arrived: Arrived) -> str:
    """Return an id that is the same however often a message is delivered."""
    return hashlib.sha256(f"{arrived.source}\n{arrived.id}".encode()).hexdigest()[:32]

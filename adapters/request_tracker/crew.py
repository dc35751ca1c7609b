"""Crews for a demonstration: whoever answers in their place goes through the tickets that are open and resolves them.

Only the people are simulated: they read and write tickets as people do, through the same interface.
"""

import asyncio
import contextlib
import zlib
from collections.abc import Mapping
from typing import Any

from adapters.request_tracker.client import Row, TicketClient
from adapters.request_tracker.settings import RequestTrackerSettings
from gateway.ports.errors import AdapterError, SetupError

__all__ = ["Crews"]

_FAULTS = ("no-evidence", "same-serial")
_LOOK_SECONDS, _CREWS = 0.5, 4


class Crews:
    """Resolves every open ticket after `seconds`, with a serial number and evidence."""

    def __init__(self, settings: RequestTrackerSettings, seconds: float) -> None:
        self._client = TicketClient(settings)
        self._seconds = seconds
        self._faults: dict[str, str] = {}
        self._done: set[str] = set()  # it may be shown as open for some seconds more
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work, in this event loop."""
        self._task = asyncio.create_task(self._work())

    def misbehave(self, reference: str, fault: str) -> None:
        """Do one order wrongly: `no-evidence` or `same-serial:SERIAL`. Raises SetupError for any other fault."""
        if fault.partition(":")[0] not in _FAULTS:
            raise SetupError(f"crews know no fault {fault!r}", f"use one of {', '.join(_FAULTS)}")
        self._faults[reference] = fault

    async def stop(self) -> None:
        """Go home."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._client.close()

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                open_ones = [row for row in await self._client.open_tickets() if str(row["id"]) not in self._done]
                await asyncio.gather(*(self._visit(row) for row in open_ones[:_CREWS]))
            except AdapterError:  # it is busy or just being stopped, or somebody has closed a ticket meanwhile
                continue

    async def _visit(self, row: Row) -> None:
        await asyncio.sleep(self._seconds)
        await self._client.resolve(str(row["id"]), self._found(row))
        self._done.add(str(row["id"]))

    def _found(self, row: Row) -> Mapping[str, Any]:
        """Return what the crew brings back from a ticket."""
        subject = str(row["Subject"])
        fault = next((one for name, one in self._faults.items() if f" {name}, item" in subject), "")
        name, _, value = fault.partition(":")
        number = zlib.crc32(f"{subject}{row['id']}".encode())
        serial = value if name == "same-serial" else f"ALCL{number:08X}"
        if name == "no-evidence":
            return {"Serial": [serial]}
        documents = [f"PHOTO visit-{row['id']}.jpg", f"OTDR trace-{row['id']}.sor -18.2 dBm", f"LABEL {serial}"]
        return {"Serial": [serial], "Evidence": documents}

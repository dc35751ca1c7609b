"""All talk with the simulated field-work system."""

from typing import Any

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.reading import reading
from adapters.simulated.field.faults import fault_in
from adapters.simulated.field.settings import FieldSettings

__all__ = ["FieldClient"]

_SYSTEM = "simulated-field"
_ROOT = "/REST/1.0"


class FieldClient:
    """Appointments and tickets, found by order and item. The `_url` in its answers leads nowhere: ids are used."""

    def __init__(self, settings: FieldSettings) -> None:
        self._http = HttpClient(settings.url, _SYSTEM, limits=TimeLimits(answer_seconds=settings.answer_seconds))

    async def find(self, kind: str, reference: str) -> dict[str, dict[str, Any]]:
        """Return an order's appointments or tickets by item; of several for one item the first."""
        answer = await self._http.request("GET", f"{_ROOT}/{kind}s", params={"Reference": reference})
        rows = json_of(answer, _SYSTEM)
        found: dict[str, dict[str, Any]] = {}
        with reading(_SYSTEM, answer.content):
            for row in rows["items"]:
                found.setdefault(str(row["Item"]), row)
        return found

    async def make(self, kind: str, body: dict[str, Any]) -> str:
        """Make an appointment or a ticket; return its id."""
        answer = await self._http.request("POST", f"{_ROOT}/{kind}", json=body)
        with reading(_SYSTEM, answer.content):
            return str(json_of(answer, _SYSTEM)["id"])

    async def set_status(self, kind: str, key: str, status: str) -> None:
        """Set a status. Raises Refused where the present one does not allow it."""
        answer = await self._http.request("PUT", f"{_ROOT}/{kind}/{key}", json={"Status": status}, changes=False)
        fault = fault_in(json_of(answer, _SYSTEM))
        if fault is not None:
            raise fault

    async def health(self) -> dict[str, Any]:
        """Return what the system says of itself."""
        said: dict[str, Any] = json_of(await self._http.request("GET", "/health"), _SYSTEM)
        return said

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

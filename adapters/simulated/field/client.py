"""All calls to the field-work system."""

from typing import Any
from urllib.parse import quote

import httpx

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.redact import redact
from adapters.simulated.field.faults import check_change
from gateway.ports.errors import Unreadable

__all__ = ["FieldClient"]

_SYSTEM = "simulated-field"


class FieldClient:
    """One connection pool. Its `_url` leads nowhere, so things are addressed by id."""

    def __init__(self, url: str, answer_seconds: float) -> None:
        self._http = HttpClient(url, _SYSTEM, limits=TimeLimits(answer_seconds=answer_seconds))

    async def find(self, kind: str, reference: str) -> list[dict[str, Any]]:
        """Return the appointments or tickets (`kind`) made under a reference, oldest first."""
        answer = await self._http.request("GET", f"/REST/1.0/{kind}s", params={"Reference": reference})
        rows = _object(answer).get("items")
        if not isinstance(rows, list):
            raise Unreadable(f"{_SYSTEM} left out items", redact(answer.content))
        return rows

    async def make(self, kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """Make an appointment or a ticket and return what it answers. Look first: made twice, there are two."""
        return _object(await self._http.request("POST", f"/REST/1.0/{kind}", json=wanted))

    async def call_off(self, kind: str, key: str, status: str) -> None:
        """Set the status of an appointment or ticket. Raises Refused where it is too late."""
        path = f"/REST/1.0/{kind}/{quote(key, safe='')}"
        check_change(json_of(await self._http.request("PUT", path, json={"Status": status}), _SYSTEM))

    async def health(self) -> str:
        """Return one line on the system's health."""
        answer = await self._http.request("GET", "/health")
        return f"{_SYSTEM} answers ({answer.status_code}), simulated"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()


def _object(answer: httpx.Response) -> dict[str, Any]:
    body = json_of(answer, _SYSTEM)
    if not isinstance(body, dict):
        raise Unreadable(f"{_SYSTEM} did not answer with an object", redact(answer.content))
    return body

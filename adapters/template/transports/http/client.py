"""All calls to template, as JSON over HTTP. Nothing else in the package knows how it is reached."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from adapters.template.transports.http.faults import error_for
from adapters.template.transports.http.settings import TemplateSettings
from gateway.ports.errors import Unreadable

__all__ = ["TemplateClient"]

_SYSTEM = "template"
_ANSWERS = (200, 201, 204, 400, 404, 409, 422)  # a 4xx of these comes with a code; faults.py says what it means


class TemplateClient:
    """One pool of connections. Every method raises an AdapterError where the system did not do what was asked."""

    def __init__(self, settings: TemplateSettings) -> None:
        token = settings.token
        headers = {} if token is None else {"Authorization": f"Bearer {token.get_secret_value()}"}
        limits = TimeLimits(answer_seconds=settings.answer_seconds)
        self._http = HttpClient(settings.url, _SYSTEM, limits=limits, headers=headers)

    async def find(self, kind: str, **by: str) -> list[dict[str, Any]]:
        """Return the rows of a kind whose members are so, oldest first. Changes nothing."""
        rows = _read(await self._http.request("GET", f"/{kind}", params=by, accept=_ANSWERS)).get("rows")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreadable(f"{_SYSTEM} left out the rows of {kind}", redact(str(rows)))
        return reading(rows, kind)

    async def make(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Make one thing and return it. Look first: made twice, there are two."""
        return reading(_read(await self._http.request("POST", f"/{kind}", json=dict(row), accept=_ANSWERS)), kind)

    async def change(self, kind: str, key: str, **to: str) -> None:
        """Change members of one thing."""
        path = f"/{kind}/{quote(key, safe='')}"
        _read(await self._http.request("PATCH", path, json=to, accept=_ANSWERS))

    async def health(self) -> str:
        """Return one line on the system's health."""
        answer = await self._http.request("GET", "/health")
        return f"{_SYSTEM} answers ({answer.status_code})"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()


def _read(answer: httpx.Response) -> dict[str, Any]:
    body = json_of(answer, _SYSTEM)
    if not isinstance(body, dict):
        raise Unreadable(f"{_SYSTEM} did not answer with an object", redact(answer.content))
    if "code" in body:
        raise error_for(str(body["code"]), str(body.get("text") or ""))
    return body

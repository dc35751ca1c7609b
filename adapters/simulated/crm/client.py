"""All calls to the customer system."""

from typing import Any
from urllib.parse import quote

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from adapters.simulated.crm.faults import error_for
from gateway.ports.errors import Unreadable

__all__ = ["CrmClient"]

_SYSTEM = "simulated-crm"


class CrmClient:
    """One connection pool. Its `href` leads nowhere, so cases are addressed by number."""

    def __init__(self, url: str, answer_seconds: float) -> None:
        self._http = HttpClient(url, _SYSTEM, limits=TimeLimits(answer_seconds=answer_seconds))

    async def cases(self, reference: str) -> list[dict[str, Any]]:
        """Return the cases opened under a reference, oldest first."""
        body = await self._call("GET", "/crm/vorgang", params={"REFERENZ": reference})
        found: list[dict[str, Any]] = _member(body, "VORGAENGE", list)
        return reading(found, "VORGANG")

    async def open_case(self, case: dict[str, Any]) -> dict[str, Any]:
        """Open a case and return it. Look first: opened twice, there are two."""
        made: dict[str, Any] = _member(await self._call("POST", "/crm/vorgang", json=case), "VORGANG", dict)
        return reading(made, "VORGANG")

    async def ask(self, number: str, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a question in a case. Asking changes nothing."""
        path = f"/crm/vorgang/{quote(number, safe='')}/auskunft"
        return reading(await self._call("POST", path, json=question, changes=False), "AUSKUNFT")

    async def withdraw(self, number: str) -> None:
        """Withdraw a case; one that is withdrawn stays so."""
        await self._call("POST", f"/crm/vorgang/{quote(number, safe='')}/storno")

    async def health(self) -> str:
        """Return one line on the system's health."""
        answer = await self._http.request("GET", "/health")
        return f"{_SYSTEM} answers ({answer.status_code}), simulated"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

    async def _call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        answer = await self._http.request(method, path, **parts)
        body = json_of(answer, _SYSTEM)
        if not isinstance(body, dict):
            raise Unreadable(f"{_SYSTEM} did not answer with an object", redact(answer.content))
        if isinstance(body.get("FEHLER"), dict):
            raise error_for(body["FEHLER"])
        return body


def _member(body: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(body.get(name), kind):
        raise Unreadable(f"{_SYSTEM} left out {name}", redact(str(body)))
    return body[name]

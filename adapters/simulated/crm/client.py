"""All talk with the simulated customer system."""

from typing import Any

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.reading import reading
from adapters.sdk.redact import redact
from adapters.simulated.crm.faults import fault_in
from adapters.simulated.crm.settings import CrmSettings
from gateway.ports.errors import Unreadable

__all__ = ["CrmClient"]

_SYSTEM = "simulated-crm"


class CrmClient:
    """Cases, and questions within a case. The `href` in its answers leads nowhere and is never followed."""

    def __init__(self, settings: CrmSettings) -> None:
        limits = TimeLimits(answer_seconds=settings.answer_seconds)
        self._http = HttpClient(settings.url, _SYSTEM, limits=limits)

    async def find_case(self, reference: str) -> str | None:
        """Return the number of the case opened for an order, or None."""
        answer = await self._call("GET", "/crm/vorgang", params={"REFERENZ": reference})
        cases = answer.get("VORGAENGE")
        if not isinstance(cases, list):
            raise Unreadable(f"{_SYSTEM} sent no list of cases", redact(str(answer)))
        with reading(_SYSTEM, answer):
            return str(cases[0]["NR"]) if cases else None

    async def open_case(self, body: dict[str, Any]) -> str:
        """Open a case and return its number."""
        answer = await self._call("POST", "/crm/vorgang", json=body)
        with reading(_SYSTEM, answer):
            return str(answer["VORGANG"]["NR"])

    async def ask(self, case: str, question: dict[str, Any]) -> dict[str, Any]:
        """Ask about customers, accounts, products, addresses and offers."""
        return await self._call("POST", f"/crm/vorgang/{case}/auskunft", json=question, changes=False)

    async def withdraw(self, case: str) -> None:
        """Withdraw a case; once more changes nothing."""
        await self._call("POST", f"/crm/vorgang/{case}/storno", changes=False)

    async def health(self) -> dict[str, Any]:
        """Return what the system says of itself."""
        return await self._call("GET", "/health")

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

    async def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = json_of(await self._http.request(method, path, **more), _SYSTEM)
        if not isinstance(answer, dict):
            raise Unreadable(f"{_SYSTEM} sent no object", redact(str(answer)))
        fault = fault_in(answer)
        if fault is not None:
            raise fault
        return answer

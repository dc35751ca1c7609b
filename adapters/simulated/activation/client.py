"""All calls to the activation system and its access server."""

from urllib.parse import quote
from xml.etree.ElementTree import Element

from adapters.sdk.http import HttpClient, TimeLimits
from adapters.sdk.rows import reading
from adapters.sdk.xml import envelope, parse, payload

__all__ = ["ActivationClient"]

_SYSTEM = "simulated-activation"


class ActivationClient:
    """One connection pool. A fault is an answer (adapters.sdk.xml.Fault), whatever status it comes with."""

    def __init__(self, url: str, answer_seconds: float) -> None:
        self._http = HttpClient(url, _SYSTEM, limits=TimeLimits(answer_seconds=answer_seconds))

    async def call(self, request: Element) -> Element:
        """Make one call and return what stands in the body of the answer. Raises Fault and AdapterError."""
        answer = await self._http.request(
            "POST",
            "/soap",
            content=envelope(request),
            headers={"content-type": "text/xml; charset=utf-8"},
            accept=(200, 500),  # a fault comes with 500, and is no failure of the server
            changes=not request.tag.startswith("Find"),
        )
        inside = payload(parse(answer.content, _SYSTEM), _SYSTEM)
        for one in inside:
            reading(one, one.tag)
        return inside

    async def probe(self, service_id: str) -> Element:
        """Return the session that the access server sees for a service; an empty element where it sees none."""
        answer = await self._http.request("GET", f"/aaa/session/{quote(service_id, safe='')}")
        return reading(parse(answer.content, "simulated-probe"), "session")

    async def health(self) -> str:
        """Return one line on the system's health."""
        answer = await self._http.request("GET", "/health")
        return f"{_SYSTEM} answers ({answer.status_code}), simulated"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

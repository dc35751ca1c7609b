"""All calls to template, as SOAP 1.1. Nothing else in the package knows how it is reached."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from adapters.sdk.http import HttpClient, TimeLimits
from adapters.sdk.rows import reading
from adapters.sdk.xml import Fault, element, envelope, parse, payload
from adapters.template.transports.soap.faults import error_for
from adapters.template.transports.soap.settings import TemplateSettings
from gateway.ports.errors import Unreadable

__all__ = ["TemplateClient"]

_SYSTEM = "template"


class TemplateClient:
    """One pool of connections. Every method raises an AdapterError where the system did not do what was asked."""

    def __init__(self, settings: TemplateSettings) -> None:
        token = settings.token
        headers = {} if token is None else {"Authorization": f"Bearer {token.get_secret_value()}"}
        limits = TimeLimits(answer_seconds=settings.answer_seconds)
        self._http = HttpClient(settings.url, _SYSTEM, limits=limits, headers=headers)

    async def find(self, kind: str, **by: str) -> list[dict[str, Any]]:
        """Return the rows of a kind whose members are so, oldest first. Changes nothing."""
        answer = await self._call("Find", kind, by, changes=False)
        return reading([_row(one) for one in answer if one.tag == kind], kind)

    async def make(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Make one thing and return it. Look first: made twice, there are two."""
        answer = await self._call("Make", kind, row, changes=True)
        made = answer.find(kind)
        if made is None:
            raise Unreadable(f"{_SYSTEM} left out the {kind} that it made", answer.tag)
        return reading(_row(made), kind)

    async def change(self, kind: str, key: str, **to: str) -> None:
        """Change members of one thing."""
        await self._call("Change", kind, {"id": key, **to}, changes=True)

    async def health(self) -> str:
        """Return one line on the system's health."""
        answer = await self._http.request("GET", "/?wsdl")
        return f"{_SYSTEM} answers ({answer.status_code})"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

    async def _call(self, verb: str, kind: str, members: Mapping[str, Any], *, changes: bool) -> Element:
        name = f"{verb}{kind.capitalize()}"
        asked = element(name, None, None, *(element(one, str(value)) for one, value in members.items()))
        answer = await self._http.request(
            "POST",
            "/",
            content=envelope(asked),
            headers={"content-type": "text/xml; charset=utf-8", "soapaction": f'"{name}"'},
            accept=(200, 500),  # a fault comes with 500, and is no failure of the server
            changes=changes,
        )
        try:
            inside = payload(parse(answer.content, _SYSTEM), _SYSTEM)
        except Fault as fault:
            raise error_for(fault.code, fault.text) from None
        if inside.tag != f"{name}Response":
            raise Unreadable(f"{_SYSTEM} answered {name} with something else", inside.tag)
        return inside


def _row(made: Element) -> dict[str, Any]:
    return {member.tag: (member.text or "").strip() for member in made}

"""All calls to the system, and what its WSDL has become since the mapping was written."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from adapters.sdk.http import TimeLimits
from adapters.sdk.rows import reading
from adapters.sdk.soap import SoapClient
from adapters.sdk.xml import Fault
from adapters.soap.faults import error_of
from adapters.soap.from_legacy import rows_of
from adapters.soap.mapping import Call, Mapped, drifted
from adapters.soap.settings import SoapSettings
from gateway.ports.errors import NeedsOperator, Refused, SetupError, Unreadable

__all__ = ["ProvisioningClient"]

_SYSTEM = "soap"


class ProvisioningClient:
    """One address. Methods may raise Fault where a fault refuses, and what `SoapClient.call` raises."""

    def __init__(self, settings: SoapSettings, mapped: Mapped) -> None:
        self._mapped, self._checks = mapped, settings.checks_wsdl
        limits = TimeLimits(answer_seconds=settings.answer_seconds)
        self._soap = SoapClient(mapped.wsdl, settings.url, _SYSTEM, limits=limits, headers=_login(settings))
        self._url, self._is_checked = settings.url, False

    async def find(self, call: Call, parts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return what a search found. Raises Fault."""
        return await self._call(call, parts, changes=False)

    async def change(self, call: Call, parts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Do something, once the WSDL is known to be what it was. Raises Fault, NeedsOperator where it is not."""
        if not self._is_checked:
            await self.check_wsdl()
        return await self._call(call, parts, changes=True)

    async def check_wsdl(self) -> str:
        """Return how the WSDL that is served stands to the mapping. Raises NeedsOperator where that fits no more."""
        if not self._checks:
            return "its WSDL is not looked at"
        try:
            content = await self._soap.served()
        except Refused as error:
            fix = "set checks_wsdl: false, or let it serve its WSDL at ?wsdl"
            raise NeedsOperator(f"{_SYSTEM} does not give its WSDL ({error.legacy_code})", fix) from None
        try:
            lacks = await asyncio.to_thread(drifted, self._mapped, content, self._url)
        except SetupError as error:
            raise Unreadable(f"{_SYSTEM} gives something else than a WSDL", error.reason) from None
        if lacks is not None:
            fix = f"adapt {self._mapped.file} and the WSDL beside it, then release"
            raise NeedsOperator(f"the WSDL of {_SYSTEM} has changed: {lacks}", fix)
        self._is_checked = True
        return "its WSDL is what the mapping needs"

    async def close(self) -> None:
        """Release connections."""
        await self._soap.close()

    async def _call(self, call: Call, parts: Mapping[str, Any], *, changes: bool) -> list[Mapping[str, Any]]:
        try:
            answer = await self._soap.call(call.operation, parts, changes=changes)
        except Fault as fault:
            error = error_of(fault, self._mapped.faults, changes=changes)
            if error is None:
                raise
            raise error from None
        return [reading(dict(row), call.answer) for row in rows_of(answer, call.answer)]


def _login(settings: SoapSettings) -> dict[str, str]:
    if settings.user is None:
        return {}
    password = settings.password.get_secret_value() if settings.password else ""
    return {"authorization": "Basic " + b64encode(f"{settings.user}:{password}".encode()).decode()}

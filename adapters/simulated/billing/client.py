"""All calls to the billing system, and reading the files that its ledger drops."""

import asyncio
import itertools
from pathlib import Path
from typing import Any

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from adapters.simulated.billing.faults import error_of, warning_key
from gateway.ports.errors import Unreadable

__all__ = ["BillingClient"]

_SYSTEM = "simulated-billing"
_READS = ("search_read",)


class BillingClient:
    """JSON-RPC over one connection pool. A status of 200 says nothing: errors stand in the body."""

    def __init__(self, url: str, drop: Path | None, answer_seconds: float) -> None:
        self._http = HttpClient(url, _SYSTEM, limits=TimeLimits(answer_seconds=answer_seconds))
        self._drop = drop
        self._numbers = itertools.count(1)

    async def call(self, method: str, *params: Any) -> Any:
        """Return the result of a call. A warning is answered and the call made once more. Raises AdapterError."""
        answer = await self._once(method, *params)
        key = warning_key(answer.get("error"))
        if key is not None:
            await self._once("warning.answer", key)
            answer = await self._once(method, *params)
        if answer.get("error") is not None:
            raise error_of(answer["error"])
        return answer.get("result")

    async def rows(self, method: str, *params: Any) -> list[dict[str, Any]]:
        """Return the rows that a search found. Raises Unreadable where the answer holds none."""
        found = await self.call(method, *params)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise Unreadable(f"{_SYSTEM} did not answer {method} with rows", redact(str(found)))
        return reading(found, method.partition(".")[0])

    async def ledger_file(self, number: str) -> list[str] | None:
        """Return the members of a dropped ledger entry, or None while the file is absent or half-written."""
        if self._drop is None:
            return None
        return await asyncio.to_thread(_read_whole, self._drop / f"{Path(number).name}.led")

    async def health(self) -> str:
        """Return one line on the system's health."""
        answer = await self._http.request("GET", "/health")
        return f"{_SYSTEM} answers ({answer.status_code}), simulated"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

    async def _once(self, method: str, *params: Any) -> dict[str, Any]:
        body = {"id": next(self._numbers), "method": method, "params": list(params)}
        changes = not method.endswith(_READS)
        answer = json_of(await self._http.request("POST", "/rpc", json=body, changes=changes), _SYSTEM)
        if not isinstance(answer, dict):
            raise Unreadable(f"{_SYSTEM} did not answer {method} with an object", redact(str(answer)))
        return answer


def _read_whole(file: Path) -> list[str] | None:
    """Return the entry's members if the closing line is there and says the same amount."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) != 2:
        return None
    members, closing = lines[0].split(";"), lines[1].split(";")
    if len(members) != 7 or len(closing) != 3 or closing[2] != members[4]:
        return None
    return members[1:]

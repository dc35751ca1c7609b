"""All calls to the upstream. Orders are addressed by their ids; an href that it gives is never followed."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from adapters.tmf.dialect import Dialect
from adapters.tmf.faults import ANSWERED, refused
from adapters.tmf.settings import LookUp, TmfSettings
from gateway.ports.errors import NeedsOperator, Unreadable

__all__ = ["TmfClient"]

_SYSTEM = "tmf"
_PAGE, _MOST_PAGES = 100, 100


class TmfClient:
    """One connection pool. Methods may raise what `HttpClient.request` raises, and Unreadable."""

    def __init__(self, settings: TmfSettings, dialect: Dialect) -> None:
        token = settings.token.get_secret_value() if settings.token else None
        headers = {"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        limits = TimeLimits(answer_seconds=settings.answer_seconds)
        self._http = HttpClient(settings.url, _SYSTEM, limits=limits, headers=headers)
        self._dialect, self._looks_up = dialect, settings.lookup is LookUp.EXTERNAL_ID
        self._orders = f"{dialect.prefix}/{settings.order_path or dialect.order}"
        self._tasks = f"{dialect.prefix}/{dialect.cancel}"

    async def order(self, order_id: str) -> dict[str, Any] | None:
        """Return an order by the upstream's id for it, or None where it has none of that id."""
        answer = await self._http.request("GET", f"{self._orders}/{quote(order_id, safe='')}", accept=ANSWERED)
        if answer.status_code in {404, 410}:
            return None
        return self._one(_kept(answer))

    async def named(self, reference: str) -> list[dict[str, Any]]:
        """Return the orders that carry our name. An upstream that ignores the filter is gone through page by page.

        Raises NeedsOperator where that would take too long.
        """
        if not self._looks_up:
            return []
        asked = {self._dialect.filter: reference}
        return [one async for one in self._all(self._orders, asked) if reference in self._dialect.names_of(one)]

    async def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give an order to the upstream, and return it as it took it."""
        return self._one(_kept(await self._http.request("POST", self._orders, json=body, accept=ANSWERED)))

    async def cancellations(self, order_id: str) -> list[dict[str, Any]]:
        """Return the tasks that were to cancel an order."""
        asked = {f"{self._dialect.order}.id": order_id}
        found = [one async for one in self._all(self._tasks, asked)]
        return [one for one in found if (one.get(self._dialect.order) or {}).get("id") == order_id]

    async def cancel(self, order_id: str, reason: str) -> dict[str, Any]:
        """Ask for an order's end, and return the task."""
        ref = self._dialect.part(f"{self._dialect.type}Ref", {"id": order_id})
        task = {"cancellationReason": reason, self._dialect.order: ref}
        body = self._dialect.part(f"Cancel{self._dialect.type}", task)
        return self._one(_kept(await self._http.request("POST", self._tasks, json=body, accept=ANSWERED)))

    async def set_state(self, order_id: str, state: str) -> dict[str, Any]:
        """Set an order's state, and return it as it is then."""
        path = f"{self._orders}/{quote(order_id, safe='')}"
        answer = await self._http.request("PATCH", path, json={"state": state}, accept=ANSWERED)
        return self._one(_kept(answer))

    async def check(self) -> None:
        """Read one order, whichever. Raises AdapterError where the upstream cannot be asked."""
        _rows(_kept(await self._http.request("GET", self._orders, params={"limit": "1"}, accept=ANSWERED)))

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

    async def _all(self, path: str, asked: Mapping[str, str]) -> AsyncIterator[dict[str, Any]]:
        for page in range(_MOST_PAGES):
            params = {**asked, "offset": str(page * _PAGE), "limit": str(_PAGE)}
            rows = _rows(_kept(await self._http.request("GET", path, params=params, accept=ANSWERED)))
            for row in rows:
                yield row
            if len(rows) < _PAGE:
                return
        reason = f"the upstream has more than {_PAGE * _MOST_PAGES} orders, and ignores the filter {', '.join(asked)}"
        raise NeedsOperator(reason, "name a filter that it knows (filter), or set lookup: none", only_this=True)

    def _one(self, answer: httpx.Response) -> dict[str, Any]:
        body = json_of(answer, _SYSTEM)
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise Unreadable("the upstream answered with no order that has an id", redact(answer.content))
        order: dict[str, Any] = reading(body, "order")
        return order


def _kept(answer: httpx.Response) -> httpx.Response:
    if answer.status_code >= 400:
        raise refused(answer)
    return answer


def _rows(answer: httpx.Response) -> list[dict[str, Any]]:
    body = json_of(answer, _SYSTEM)
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise Unreadable("the upstream answered a search with no list", redact(answer.content))
    rows: list[dict[str, Any]] = [reading(dict(row), "order") for row in body]
    return rows

"""All calls to Request Tracker's REST2. It addresses by id: the links that it answers are those of its own settings."""

import asyncio
import base64
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from adapters.request_tracker.faults import check_change, stale
from adapters.request_tracker.settings import RequestTrackerSettings
from adapters.sdk.http import HttpClient, TimeLimits, json_of
from adapters.sdk.redact import redact
from gateway.ports.errors import NeedsOperator, Refused, Unreadable

__all__ = ["FIELDS", "Row", "TicketClient"]

Row = dict[str, Any]
_SYSTEM = "request tracker"
_ROOT = "/REST/2.0"
_PAGE = 100

FIELDS = ("Order", "Item", "Work", "Site", "Devices", "Serial", "Evidence")
"""The custom fields that the queue has to have. One that is not applied to it is dropped in silence."""

_ASKED = "Status,Subject,Starts,Due,Created,LastUpdated,CustomFields"


class TicketClient:
    """One connection pool, for the tickets of one queue."""

    def __init__(self, settings: RequestTrackerSettings) -> None:
        limits = TimeLimits(answer_seconds=settings.answer_seconds)
        self._http = HttpClient(settings.url, _SYSTEM, limits=limits)
        self._settings = settings
        self._headers: dict[str, str] | None = None
        self._has_fields = False

    async def tickets(self, reference: str) -> list[Row]:
        """Return the tickets opened under a reference, oldest first."""
        return await self._search(f"'CF.{{Order}}' = '{_quoted(reference)}'", order_by="id")

    async def changed_since(self, moment: str) -> list[Row]:
        """Return the tickets of the queue that changed at a moment or after it, the earliest first."""
        return await self._search(f"LastUpdated >= '{_quoted(moment)}'", order_by="LastUpdated")

    async def open_ticket(self, values: Mapping[str, Any]) -> str:
        """Open a ticket and return its id. Look first: opened twice, there are two."""
        await self._look_for_fields()
        body = {"Queue": self._settings.queue, **values}
        answer = await self._request("POST", "/ticket", json=body, accept=(201, 403))
        if answer.status_code == 403:
            raise self._no_queue()
        made = _object(answer).get("id")
        if not made:
            raise Unreadable(f"{_SYSTEM} did not say which ticket it opened", redact(answer.content))
        return str(made)

    async def set_status(self, ticket: str, status: str) -> None:
        """Set the status of a ticket as it is now. Raises Refused, and TryLater where somebody else was faster."""
        path = f"/ticket/{quote(ticket, safe='')}"
        tag = (await self._request("GET", path)).headers.get("etag")
        headers = {"If-Match": tag} if tag else {}
        answer = await self._request("PUT", path, json={"Status": status}, headers=headers, accept=(200, 412))
        if answer.status_code == 412:
            raise stale(ticket)
        check_change(json_of(answer, _SYSTEM))

    async def open_tickets(self) -> list[Row]:
        """Return the tickets that are open for a crew, oldest first."""
        return await self._search("Status = 'open'", order_by="id")

    async def resolve(self, ticket: str, found: Mapping[str, Any]) -> None:
        """Write what a crew brought back into a ticket's custom fields, then resolve it."""
        path = f"/ticket/{quote(ticket, safe='')}"
        await self._request("PUT", path, json={"CustomFields": dict(found)}, accept=(200,))
        answer = await self._request("PUT", path, json={"Status": "resolved"}, accept=(200,))
        check_change(json_of(answer, _SYSTEM))

    async def history(self, ticket: str) -> list[Row]:
        """Return what happened to a ticket, oldest first."""
        path = f"/ticket/{quote(ticket, safe='')}/history"
        return await self._pages(path, {"fields": "Type,NewValue,Created"})

    async def health(self) -> str:
        """Return one line on the system's health. Raises NeedsOperator where the queue is not as it has to be."""
        await self._look_for_fields()
        return f"{_SYSTEM} has the queue {self._settings.queue}"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()

    async def _search(self, condition: str, order_by: str) -> list[Row]:
        query = f"Queue = '{self._settings.queue}' AND {condition}"
        asked = {"query": query, "orderby": order_by, "order": "ASC", "fields": _ASKED}
        return await self._pages("/tickets", asked)

    async def _pages(self, path: str, params: Mapping[str, str]) -> list[Row]:
        rows: list[Row] = []
        page = 1
        while True:
            asked = {**params, "per_page": str(_PAGE), "page": str(page)}
            answer = await self._request("GET", path, params=asked)
            body = _object(answer)
            items = body.get("items")
            if not isinstance(items, list):
                raise Unreadable(f"{_SYSTEM} left out items", redact(answer.content))
            rows += items
            if page >= int(body.get("pages") or 1):
                return rows
            page += 1

    async def _look_for_fields(self) -> None:
        """Make sure, once, that the queue keeps what is written into a ticket. Raises NeedsOperator."""
        if self._has_fields:
            return
        path = f"/queue/{quote(self._settings.queue, safe='')}"
        answer = await self._request("GET", path, accept=(200, 403, 404))
        if answer.status_code != 200:
            raise self._no_queue()
        there = {one.get("name") for one in _object(answer).get("TicketCustomFields") or () if isinstance(one, dict)}
        missing = [name for name in FIELDS if name not in there]
        if missing:
            reason = f"the queue {self._settings.queue} lacks the custom fields {', '.join(missing)}"
            raise NeedsOperator(reason, "apply them to the queue, as the adapter's initialdata does")
        self._has_fields = True

    def _no_queue(self) -> NeedsOperator:
        reason = f"{_SYSTEM} has no queue {self._settings.queue}, or does not let us open tickets in it"
        return NeedsOperator(reason, "make the queue, or give the user the right to create tickets there")

    async def _request(
        self,
        method: str,
        path: str,
        *,
        accept: Iterable[int] = (200, 201),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        sent = {**await self._credentials(), **(headers or {})}
        try:
            return await self._http.request(method, f"{_ROOT}{path}", headers=sent, accept=tuple(accept), **more)
        except Refused as error:
            raise Refused(error.legacy_code, f"{method} {path}: {error.legacy_text}") from None

    async def _credentials(self) -> dict[str, str]:
        if self._headers is None:
            try:
                password = await asyncio.to_thread(self._settings.secret)
            except OSError as error:
                reason = f"the file of request tracker's password cannot be read: {error.strerror}"
                raise NeedsOperator(reason, "correct password_file in the landscape's settings") from None
            words = base64.b64encode(f"{self._settings.user}:{password}".encode()).decode()
            self._headers = {"Authorization": f"Basic {words}"}
        return self._headers


def _quoted(text: str) -> str:
    """Return a text as it stands between the quotes of a query."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _object(answer: httpx.Response) -> Row:
    body = json_of(answer, _SYSTEM)
    if not isinstance(body, dict):
        raise Unreadable(f"{_SYSTEM} did not answer with an object", redact(answer.content))
    return body

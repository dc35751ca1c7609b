"""Talking to a gateway over HTTP as its clients do."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import httpx
from httpx_aiohttp import AiohttpTransport

__all__ = ["FACES", "GatewayClient", "is_at_end"]

FACES = {
    "tmf622-v4": "/tmf-api/productOrderingManagement/v4/productOrder",
    "tmf641-v4": "/tmf-api/serviceOrdering/v4/serviceOrder",
    "tmf622-v5": "/tmf-api/productOrderingManagement/v5/productOrder",
    "tmf641-v5": "/tmf-api/serviceOrdering/v5/serviceOrder",
}
_CANCEL = "/tmf-api/productOrderingManagement/v4/cancelProductOrder"
_RATES = "/tmf-api/customerBillManagement/v4/appliedCustomerBillingRate"
_BILLS = "/tmf-api/customerBillManagement/v4/customerBill"

_OVER = frozenset({"closed", "ended"})


def is_at_end(timeline: dict[str, Any]) -> bool:
    """Whether nothing more will happen to an order by itself: it is over, or waits for somebody."""
    return timeline["lifecycle"]["checkpoint"] in _OVER or bool(open_holds(timeline))


def open_holds(timeline: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the holds that are still open."""
    return [hold for hold in timeline["holds"] if not hold.get("releasedAt")]


class GatewayClient:
    """A client of one gateway. Raises httpx.HTTPError where the gateway cannot be reached."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=self.address, transport=AiohttpTransport(trust_env=False), trust_env=False, timeout=30.0
        )

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create(self, face: str, body: Any) -> httpx.Response:
        """POST an order to a face; bytes are sent as they are."""
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self._http.post(FACES[face], headers={"content-type": "application/json"}, **content)

    async def cancel(self, order_id: str, reason: str) -> httpx.Response:
        """POST a task that cancels a product order."""
        return await self._http.post(_CANCEL, json={"productOrder": {"id": order_id}, "cancellationReason": reason})

    async def read(self, face: str, order_id: str) -> dict[str, Any]:
        """GET an order."""
        answer = await self._http.get(f"{FACES[face]}/{order_id}")
        answer.raise_for_status()
        return answer.json()  # type: ignore[no-any-return]

    async def timeline(self, order_id: str) -> dict[str, Any]:
        """GET the whole timeline of an order."""
        answer = await self._http.get(f"/lifecycle/v1/orders/{order_id}")
        answer.raise_for_status()
        return answer.json()  # type: ignore[no-any-return]

    async def lifecycle(self, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> httpx.Response:
        """GET something of the gateway's own face; with a body, POST it."""
        address = f"/lifecycle/v1/{path}"
        if body is not None:
            return await self._http.post(address, json=body)
        return await self._http.get(address, params=params)

    async def billing(self, timeline: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """GET the applied rates and bills that a timeline names."""
        rates = [await self._one(_RATES, one) for one in timeline.get("rates", [])]
        bills = [await self._one(_BILLS, one) for one in timeline.get("bills", [])]
        return rates, bills

    async def follow(self, order_id: str, seconds: float, every: float = 0.15) -> AsyncIterator[dict[str, Any]]:
        """Yield the timeline again and again until the order is at its end, or the time is up."""
        until = time.monotonic() + seconds
        while True:
            timeline = await self.timeline(order_id)
            yield timeline
            if is_at_end(timeline) or time.monotonic() > until:
                return
            await asyncio.sleep(every)

    async def is_alive(self) -> bool:
        """Whether a gateway answers at the address."""
        try:
            return (await self._http.get("/lifecycle/v1/health")).is_success
        except httpx.HTTPError:
            return False

    async def _one(self, path: str, said: Any) -> dict[str, Any]:
        answer = await self._http.get(f"{path}/{said if isinstance(said, str) else said['id']}")
        answer.raise_for_status()
        return answer.json()  # type: ignore[no-any-return]

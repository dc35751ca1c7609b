"""Reading the billing system back: what it charges for an order's products now, and everything that it charges."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sdk.messages import product_items
from adapters.simulated.billing.client import BillingClient
from adapters.simulated.billing.from_legacy import BillingReader
from adapters.simulated.billing.to_legacy import charge_day, stopped_products
from gateway.canonical.bill import AppliedRate
from gateway.ports.adapter import Message, Outcome, Report
from gateway.ports.readback import InventoryItem, InventoryKind

__all__ = ["ChargeReader"]

_CANCELLED = "CANC"
_PAGE = 200
_AHEAD = timedelta(days=62)  # what has no end will be in the bill of next month too


class ChargeReader:
    """Looks and changes nothing."""

    def __init__(self, client: BillingClient, reader: BillingReader, zone: str) -> None:
        self._client, self._reader, self._zone = client, reader, zone

    async def observe(self, message: Message) -> Report:
        """Return the charges of the message's items as they stand, and those that go on for what it ended."""
        now = datetime.now(UTC)
        live = {item.id: item for item in product_items(message)}
        rows: list[dict[str, Any]] = []
        for contract in await self._client.rows("contract.search_read", message.reference_key):
            found = await self._client.rows("charge.search_read", contract["id"])
            rows += [row for row in found if row["state"] != _CANCELLED and row["item"] in live]
        rates = [self._reader.rate(row, message.reference_key) for row in rows]
        own = {row["id"] for row in rows}
        for product, item in stopped_products(live):
            day = charge_day(message, item, self._zone, now)
            found = await self._client.rows("charge.product.search_read", product)
            going_on = [row for row in found if row["id"] not in own and _goes_on(row, day)]
            rates += [self._going_on(row, message.reference_key, item, now) for row in going_on]
        return Report(outcome=Outcome.DONE, rates=tuple(rates), facts=tuple(self._reader.charge_facts(rows, now)))

    async def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Yield every charge, page by page."""
        today = datetime.now(ZoneInfo(self._zone)).date()
        while True:
            rows = await self._client.rows("charge.page.search_read", after, _PAGE)
            for row in rows:
                runs = row["kind"] != "E" and _goes_on(row, today)
                rate = self._reader.rate(row, row["reference"] or "")
                yield InventoryItem(
                    kind=InventoryKind.CHARGE,
                    scheme="charge",
                    legacy_id=row["id"],
                    state="running" if runs else "ended",
                    runs=runs,
                    product=row["product"],
                    reference=row["reference"],
                    net=rate.net,
                    since=rate.date,
                )
            after += len(rows)
            if len(rows) < _PAGE:
                return

    def _going_on(self, row: dict[str, Any], reference: str, item: str, now: datetime) -> AppliedRate:
        """Return a charge that nobody stopped; one without an end is charged beyond this month."""
        ends = row["to"] or (now.date() + _AHEAD).isoformat()
        return self._reader.rate({**row, "to": ends, "item": item}, reference)


def _goes_on(row: dict[str, Any], day: date) -> bool:
    """Whether a recurring charge runs beyond a day."""
    stopped = row.get("stopped")
    return row["kind"] == "W" and row["state"] != _CANCELLED and (stopped is None or date.fromisoformat(stopped) > day)

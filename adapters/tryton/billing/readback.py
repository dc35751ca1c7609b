"""Reading Tryton back: what it charges for an order's products now, and everything that it charges."""

from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from adapters.sdk.messages import product_items
from adapters.tryton.billing.book import Book
from adapters.tryton.billing.from_legacy import BillingReader
from adapters.tryton.billing.records import Line
from adapters.tryton.billing.to_legacy import charge_day, stopped_products
from gateway.canonical.money import Money
from gateway.ports.adapter import Message, Outcome, Report
from gateway.ports.readback import InventoryItem, InventoryKind

__all__ = ["ChargeReader"]

_PAGE = 200


class ChargeReader:
    """Looks and changes nothing."""

    def __init__(self, book: Book, reader: BillingReader, zone: str, now: Callable[[], datetime]) -> None:
        self._book, self._reader, self._zone, self._now = book, reader, zone, now

    async def observe(self, message: Message) -> Report:
        """Return the charges of the message's items as they stand, and those that go on for what it ended."""
        now = self._now()
        live = {item.id: item for item in product_items(message)}
        lines = [one for one in await self._book.lines(message.reference_key) if one.item in live]
        charged = await self._book.charged(lines)
        rates = list(self._reader.rates(charged, message.reference_key))
        for product, item in stopped_products(live.values()):
            day = charge_day(message, item, self._zone, now)
            found = await self._book.lines_of_product(product)
            going_on = [one for one in found if one.reference != message.reference_key and _goes_on(one, day)]
            more = self._reader.rates(await self._book.charged(going_on), message.reference_key)
            rates += [rate.model_copy(update={"item_id": item}) for rate in more]
        facts = [fact.model_copy(update={"observed_at": now}) for fact in self._reader.charge_facts(charged)]
        return Report(outcome=Outcome.DONE, rates=tuple(rates), facts=tuple(facts))

    async def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Yield every line of a subscription, page by page."""
        zone = ZoneInfo(self._zone)
        today = self._now().astimezone(zone).date()
        while True:
            lines = await self._book.page(after, _PAGE)
            for line in lines:
                runs = line.state == "running" and _goes_on(line, today)
                yield InventoryItem(
                    kind=InventoryKind.CHARGE,
                    scheme="charge",
                    legacy_id=str(line.id),
                    state="running" if runs else "ended",
                    runs=runs,
                    product=line.product,
                    offering=line.offering,
                    reference=line.reference,
                    net=Money(amount=line.unit_price * line.quantity, currency=line.currency),
                    since=datetime.combine(line.start, time(), zone),
                )
            after += len(lines)
            if len(lines) < _PAGE:
                return


def _goes_on(line: Line, day: date) -> bool:
    """Whether a line is charged beyond a day and what was charged by then."""
    last = max(day, line.following or day)
    return line.state == "running" and (line.end is None or line.end > last)

"""From canonical to the lines of an order file. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.filedrop.layout import Layout
from adapters.filedrop.words import Words
from adapters.sdk.flatfile import DoesNotFit
from adapters.sdk.messages import offering_of, product_items, stated
from gateway.canonical.common import Alteration, Price
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction, ProductStatus
from gateway.ports.adapter import Message, Refusal

__all__ = ["Lines", "account_of"]

_OUTCOMES = ("service.activated", "service.resumed", "service.suspended", "service.ceased")
_STARTS = frozenset({ItemAction.ADD, ItemAction.MODIFY})
_PERIOD = "month"
"""What a recurring charge of the host covers; its files have no field for another."""

_STOPS = frozenset({ItemAction.MODIFY, ItemAction.DELETE})


def account_of(message: Message, item: ProductOrderItem) -> str | None:
    """Return the account that an item is charged to: its own, else the order's, else None."""
    ref = item.billing_account or (message.order.billing_account if message.order else None)
    return ref.id if ref else None


class Lines:
    """The lines of one file. An item of which one line does not fit has no line at all, and is refused."""

    def __init__(self, layout: Layout, words: Words, zone: str) -> None:
        self._layout, self._words, self._zone = layout.orders, words, ZoneInfo(zone)
        self.lines: list[str] = []
        self.refusals: list[Refusal] = []

    def charge(self, message: Message, done: frozenset[str], now: datetime) -> None:
        """Add what starts and ends the charges of a message's items, but those that are `done`. Raises UnknownCode."""
        for item in product_items(message):
            if item.id in done:
                continue
            day = self._day(message, item.id, now)
            refused = len(self.refusals)
            records: list[tuple[str, dict[str, Any]]] = []
            if item.action in _STOPS and item.product is not None and item.product.id is not None:
                records.append(("E", {"item": item.id, "product": item.product.id, "day": day}))
            if item.action in _STARTS and not _is_suspended(item):
                records += self._started(message, item, day)
            if len(self.refusals) == refused:  # what cannot start ends nothing either
                self._add(item.subject, records)

    def fees(self, message: Message, now: datetime) -> None:
        """Add a line for each fee of a cancellation. Raises UnknownCode."""
        for fee in message.fees:
            item = message.order.item(fee.item) if message.order else None
            account = account_of(message, item) if item is not None else None
            if item is None or account is None:
                self._refuse(f"item:{fee.item}", "NO-ACCOUNT", "no account is named for it")
                continue
            said = {
                "account": account,
                "item": fee.item,
                "product": item.product.id if item.product else None,
                "kind": self._words.kinds.inverse("fee"),
                "text": "Cancellation fee",
                "amount": fee.net.minor,
                "quantity": 1,
                "currency": self._words.currencies.inverse(fee.net.currency),
                "tax": int(fee.tax_rate * 10),
                "day": self._day(message, fee.item, now),
            }
            self._add(f"item:{fee.item}", [("A", said)])

    def take_back(self, charges: Mapping[str, str]) -> None:
        """Add a line that takes each charge back; `charges` says of which item each is."""
        for charge, item in charges.items():
            self._add(f"item:{item}", [("S", {"charge": charge})])

    def bill(self, account: str) -> None:
        """Add a line that asks for the bill of an account."""
        self._add(f"account:{account}", [("B", {"account": account})])

    def content(self, name: str, reference: str, now: datetime) -> bytes:
        """Return the whole file. Raises DoesNotFit where the reference itself does not."""
        created = now.astimezone(self._zone).strftime("%Y%m%d%H%M%S")
        head = self._layout.line("H", {"file": name, "created": created, "reference": reference})
        return self._layout.content([head, *self.lines, self._layout.line("T", {"count": len(self.lines)})])

    def _add(self, subject: str, records: list[tuple[str, dict[str, Any]]]) -> None:
        first = len(self.lines) + 1
        try:
            lines = [self._layout.line(mark, {"line": first + n, **said}) for n, (mark, said) in enumerate(records)]
        except DoesNotFit as error:
            self._refuse(subject, "DOES-NOT-FIT", str(error))
        else:
            self.lines += lines

    def _refuse(self, subject: str, code: str, text: str) -> None:
        self.refusals.append(Refusal(subject=subject, legacy_code=code, legacy_text=text))

    def _started(self, message: Message, item: ProductOrderItem, day: str) -> Iterator[tuple[str, dict[str, Any]]]:
        account, offering = account_of(message, item), offering_of(message, item)
        prices = [price for price in _prices(message, item) if price.net is not None and price.net.amount != 0]
        if account is None:
            if item.action is ItemAction.ADD:
                self._refuse(item.subject, "NO-ACCOUNT", "no account is named for it")
            return
        if any(price.price_type == "recurring" and price.period not in {None, _PERIOD} for price in prices):
            self._refuse(item.subject, "PERIOD", f"the host charges by the {_PERIOD} only")
            return
        usual = offering.price.tax_rate if offering and offering.price else None
        for price in prices:
            assert price.net is not None
            tax = usual if price.tax_rate is None else price.tax_rate
            same = {
                "account": account,
                "item": item.id,
                "product": item.product.id if item.product else None,
                "currency": self._words.currencies.inverse(price.net.currency),
                "tax": int((tax or 0) * 10),
                "quantity": item.quantity or 1,
                "day": day,
            }
            text = price.name or (offering.name if offering else None) or item.id
            kind = self._words.kinds.inverse(price.price_type)
            yield "A", same | {"kind": kind, "text": text, "amount": price.net.minor}
            for one in price.alterations:
                if one.percentage is not None or one.net is not None:
                    yield "A", same | {"kind": self._words.kinds.inverse("discount")} | _reduction(one)

    def _day(self, message: Message, item: str, now: datetime) -> str:
        """Return the local day on which an item's charges start or end: that of its service, else today."""
        found = (stated(message.facts, predicate, f"item:{item}") for predicate in _OUTCOMES)
        moment = next((fact.valid_from or fact.observed_at for fact in found if fact is not None), now)
        return moment.astimezone(self._zone).strftime("%Y%m%d")


def _is_suspended(item: ProductOrderItem) -> bool:
    return item.product is not None and item.product.status == ProductStatus.SUSPENDED


def _prices(message: Message, item: ProductOrderItem) -> tuple[Price, ...]:
    """Return what was agreed in the order, else the catalogue's price."""
    if item.prices:
        return item.prices
    offering = offering_of(message, item)
    if offering is None or offering.price is None:
        return ()
    price = offering.price
    return (
        Price(name=offering.name, price_type=price.type, period=price.period, net=price.net, tax_rate=price.tax_rate),
    )


def _reduction(one: Alteration) -> dict[str, Any]:
    said: dict[str, Any] = {"text": one.name or one.description or "Discount", "months": one.duration}
    if one.percentage is not None:
        return said | {"permille": int(one.percentage * 10)}
    assert one.net is not None
    return said | {"amount": one.net.minor}

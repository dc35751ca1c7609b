"""From a message to the charges and invoices of template. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sdk.messages import customer_reference, offering_of, product_items, stated
from gateway.canonical.common import Alteration, Price
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction, ProductStatus
from gateway.ports.adapter import Message
from gateway.ports.errors import Refused
from gateway.vocabulary.table import Vocabulary

__all__ = ["Line", "account_of", "fees", "lines", "stopped_products"]

_STARTS = frozenset({ItemAction.ADD, ItemAction.MODIFY})
_STOPS = frozenset({ItemAction.MODIFY, ItemAction.DELETE})
_OUTCOMES = ("service.activated", "service.resumed", "service.suspended", "service.ceased")


@dataclass(frozen=True, slots=True)
class Line:
    """One charge to make. Item, kind and text tell it from every other charge of its order."""

    item: str
    row: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str, str]:
        """By what it is found again under the order's reference."""
        return self.item, self.row["kind"], self.row["text"]


def account_of(message: Message, item: ProductOrderItem) -> str | None:
    """Return the account that an item is charged to: its own, else the order's, else None."""
    ref = item.billing_account or (message.order.billing_account if message.order else None)
    return ref.id if ref else None


def lines(message: Message, kinds: Vocabulary, currencies: Vocabulary, zone: str, now: datetime) -> Iterator[Line]:
    """Yield a charge for each price of the items that start, and one for each reduction of it. Raises UnknownCode."""
    for item in product_items(message):
        account = account_of(message, item)
        if account is None or item.action not in _STARTS or _suspends(item):
            continue
        offering = offering_of(message, item)
        usual = offering.price.tax_rate if offering and offering.price else None
        starts = charge_day(message, item.id, zone, now).isoformat()
        for price in _prices(message, item):
            if price.net is None or price.net.amount == 0:
                continue
            row = {
                **_common(message, item, account),
                "kind": kinds.inverse(price.price_type),
                "text": price.name or (offering.name if offering else None) or item.id,
                "net": str(price.net.minor),
                "quantity": str(item.quantity or 1),
                "permille": _permille(usual if price.tax_rate is None else price.tax_rate),
                "currency": currencies.inverse(price.net.currency),
                "starts": starts,
            }
            yield Line(item.id, row)
            for one in price.alterations:
                yield Line(item.id, _reduction(row, one, kinds))


def fees(message: Message, kinds: Vocabulary, currencies: Vocabulary, zone: str, now: datetime) -> Iterator[Line]:
    """Yield a charge for each fee of a cancellation. Raises Refused, UnknownCode."""
    for fee in message.fees:
        item = message.order.item(fee.item) if message.order else None
        account = account_of(message, item) if item is not None else None
        if item is None or account is None:
            raise Refused("NO-ACCOUNT", f"no account is named for item {fee.item}", subject=f"item:{fee.item}")
        row = {
            **_common(message, item, account),
            "kind": kinds.inverse("fee"),
            "text": f"Cancellation fee, item {fee.item}: {fee.reason}",
            "net": str(fee.net.minor),
            "quantity": "1",
            "permille": _permille(fee.tax_rate),
            "currency": currencies.inverse(fee.net.currency),
            "starts": now.astimezone(ZoneInfo(zone)).date().isoformat(),
        }
        yield Line(fee.item, row)


def stopped_products(message: Message) -> Iterator[tuple[str, str]]:
    """Yield (product, item) of what is no longer charged as before: ceased, suspended or changed products."""
    for item in product_items(message):
        if item.product is not None and item.product.id is not None and item.action in _STOPS:
            yield item.product.id, item.id


def charge_day(message: Message, item: str, zone: str, now: datetime) -> date:
    """Return the local day on which an item's charges start or stop: that of its service, else today."""
    for predicate in _OUTCOMES:
        fact = stated(message.facts, predicate, f"item:{item}")
        if fact is not None:
            return (fact.valid_from or fact.observed_at).astimezone(ZoneInfo(zone)).date()
    return now.astimezone(ZoneInfo(zone)).date()


def _common(message: Message, item: ProductOrderItem, account: str) -> dict[str, str]:
    return {
        "reference": message.reference_key,
        "customerReference": customer_reference(message) or "",
        "item": item.id,
        "account": account,
        "product": (item.product.id if item.product else None) or "",
    }


def _reduction(row: Mapping[str, str], one: Alteration, kinds: Vocabulary) -> dict[str, str]:
    """Return the charge that reduces another, by a share of it or by a sum; `months` is how long, empty for ever."""
    said = {
        **row,
        "kind": kinds.inverse("discount"),
        "text": f"{one.name or one.description or 'Discount'}: {row['text']}",
        "reduces": row["text"],
        "months": str(one.duration or ""),
        "net": "",
    }
    if one.percentage is not None:
        return said | {"share": _permille(one.percentage)}
    if one.net is not None:
        return said | {"net": str(-one.net.minor)}
    raise Refused("ALTERATION", f"the alteration {said['text']!r} names neither a share nor a sum")


def _permille(percent: Any) -> str:
    return f"{(percent or 0) * 10:f}".split(".", maxsplit=1)[0]


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


def _suspends(item: ProductOrderItem) -> bool:
    return item.product is not None and item.product.status == ProductStatus.SUSPENDED

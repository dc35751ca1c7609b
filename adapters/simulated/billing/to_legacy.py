"""From canonical to the billing system's contracts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sdk.messages import customer_reference, offering_of, stated
from gateway.canonical.common import Alteration, Price
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction, ProductStatus
from gateway.ports.adapter import Message
from gateway.ports.errors import Refused
from gateway.vocabulary.table import Vocabulary

__all__ = ["Contract", "account_of", "charge_day", "contracts", "fee_contracts", "stopped_products"]

_STARTS = frozenset({ItemAction.ADD, ItemAction.MODIFY})
_OUTCOMES = ("service.activated", "service.resumed", "service.suspended", "service.ceased")


@dataclass(frozen=True, slots=True)
class Contract:
    """What is to be charged to one account: every priced item of the order, in the system's words."""

    account: str
    lines: tuple[dict[str, Any], ...]

    @property
    def kinds(self) -> list[str]:
        """The kind of each line, in the system's words."""
        return [line["kind"] for line in self.lines]

    def wire(self, message: Message) -> dict[str, Any]:
        """Return the parameters of `contract.create`."""
        return {
            "reference": message.reference_key,
            "customer_reference": customer_reference(message),
            "account": self.account,
            "lines": list(self.lines),
        }


def account_of(message: Message, item: ProductOrderItem) -> str | None:
    """Return the account that an item is charged to: its own, else the order's, else None."""
    ref = item.billing_account or (message.order.billing_account if message.order else None)
    return ref.id if ref else None


def contracts(message: Message, kinds: Vocabulary, currencies: Vocabulary) -> tuple[Contract, ...]:
    """Return a contract for each account. All items stand in it, live or not: only the live ones will be charged.

    Raises UnknownCode for a kind of price or a currency that the tables lack.
    """
    by_account: dict[str, list[dict[str, Any]]] = {}
    for _, item in message.order.all_items() if message.order else ():
        account = account_of(message, item)
        if account is not None and item.action in _STARTS and not _stops(item):
            by_account.setdefault(account, []).extend(_lines(message, item, kinds, currencies))
    return tuple(Contract(account, tuple(lines)) for account, lines in by_account.items() if lines)


def fee_contracts(message: Message, kinds: Vocabulary, currencies: Vocabulary) -> tuple[Contract, ...]:
    """Return a contract for each account with the fees of a cancellation. Raises Refused, UnknownCode."""
    by_account: dict[str, list[dict[str, Any]]] = {}
    for fee in message.fees:
        item = message.order.item(fee.item) if message.order else None
        account = account_of(message, item) if item is not None else None
        if account is None:
            raise Refused("NO-ACCOUNT", f"no account is named for item {fee.item}", subject=f"item:{fee.item}")
        line: dict[str, Any] = {
            "item": fee.item,
            "product": item.product.id if item is not None and item.product else None,
            "kind": kinds.inverse("fee"),
            "text": f"Cancellation fee, item {fee.item}: {fee.reason}",
            "minor": fee.net.minor,
            "quantity": 1,
            "permille": int(fee.tax_rate * 10),
            "currency": currencies.inverse(fee.net.currency),
            "reductions": [],
        }
        by_account.setdefault(account, []).append(line)
    return tuple(Contract(account, tuple(lines)) for account, lines in by_account.items())


def charge_day(message: Message, item: str, zone: str, now: datetime) -> date:
    """Return the local day on which an item's charges start or stop: that of its service, else today."""
    for predicate in _OUTCOMES:
        fact = stated(message.facts, predicate, f"item:{item}")
        if fact is not None:
            return (fact.valid_from or fact.observed_at).astimezone(ZoneInfo(zone)).date()
    return now.astimezone(ZoneInfo(zone)).date()


def stopped_products(live: Mapping[str, ProductOrderItem]) -> Iterator[tuple[str, str]]:
    """Yield (product, item) of what is no longer charged as before: ceased, suspended or changed products."""
    for item in live.values():
        if item.product is not None and item.product.id is not None and item.action in _STOPPED:
            yield item.product.id, item.id


_STOPPED = frozenset({ItemAction.MODIFY, ItemAction.DELETE})


def _stops(item: ProductOrderItem) -> bool:
    return item.product is not None and item.product.status == ProductStatus.SUSPENDED


def _lines(
    message: Message, item: ProductOrderItem, kinds: Vocabulary, currencies: Vocabulary
) -> Iterator[dict[str, Any]]:
    offering = offering_of(message, item)
    usual = offering.price.tax_rate if offering and offering.price else None
    for price in _prices(message, item):
        if price.net is None or price.net.amount == 0:
            continue
        yield {
            "item": item.id,
            "product": item.product.id if item.product else None,
            "kind": kinds.inverse(price.price_type),
            "text": price.name or (offering.name if offering else None) or item.id,
            "minor": price.net.minor,
            "quantity": item.quantity or 1,
            "permille": int(((usual if price.tax_rate is None else price.tax_rate) or 0) * 10),
            "currency": currencies.inverse(price.net.currency),
            "reductions": [_reduction(one) for one in price.alterations if _reduces(one)],
        }


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


def _reduces(one: Alteration) -> bool:
    return one.percentage is not None or one.net is not None


def _reduction(one: Alteration) -> dict[str, Any]:
    said: dict[str, Any] = {"text": one.name or one.description or "Discount", "months": one.duration}
    if one.percentage is not None:
        return said | {"permille": int(one.percentage * 10)}
    assert one.net is not None
    return said | {"minor": one.net.minor}

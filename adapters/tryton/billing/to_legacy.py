"""From a message to what is to be charged in Tryton. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sdk.messages import customer_reference, offering_of, place_of, stated
from adapters.tryton.tags import tagged
from gateway.canonical.common import Alteration, Price
from gateway.canonical.money import Money
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction, ProductStatus
from gateway.ports.adapter import Message
from gateway.ports.errors import Refused
from gateway.vocabulary.table import Vocabulary

__all__ = [
    "Account",
    "Charge",
    "Offer",
    "account_of",
    "charge_day",
    "charges",
    "fees",
    "sale",
    "stopped_products",
    "subscription",
]

_STARTS = frozenset({ItemAction.ADD, ItemAction.MODIFY})
_STOPPED = frozenset({ItemAction.MODIFY, ItemAction.DELETE})
_OUTCOMES = ("service.activated", "service.resumed", "service.suspended", "service.ceased")
_PRICE_STEP = Decimal("0.0001")  # Tryton keeps four decimals of a unit price


@dataclass(frozen=True, slots=True)
class Account:
    """Where an account is in Tryton: an address of a party."""

    code: str
    party: int
    address: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What an offering is in Tryton: a product and, where it recurs, its service; the ids of its taxes."""

    code: str
    product: int
    unit: int
    taxes: tuple[int, ...]
    service: int | None = None
    recurrence: int | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """One line to make. `kind` is Tryton's word of the table of charges; `months` is how long a reduction lasts."""

    account: str
    item: str
    kind: str
    offering: str
    text: str
    price: Decimal
    currency: str
    quantity: int
    taxed: bool = True
    product: str | None = None
    site: str | None = None
    months: int | None = None

    @property
    def description(self) -> str:
        """Return the description of its line."""
        kept = {"item": self.item, "product": self.product, "kind": self.kind, "site": self.site}
        return tagged(self.text, kept)


def account_of(message: Message, item: ProductOrderItem) -> str | None:
    """Return the account that an item is charged to: its own, else the order's, else None."""
    ref = item.billing_account or (message.order.billing_account if message.order else None)
    return ref.id if ref else None


def charges(
    message: Message, items: Iterable[ProductOrderItem], kinds: Vocabulary, currencies: Vocabulary
) -> Iterator[Charge]:
    """Yield what the started items cost. Raises UnknownCode for a kind of price or a currency that the tables lack."""
    for item in items:
        account, offering = account_of(message, item), offering_of(message, item)
        if account is None or offering is None or item.action not in _STARTS or _stops(item):
            continue
        usual = offering.price.tax_rate if offering.price else None
        for price in _prices(message, item):
            if price.net is None or price.net.amount == 0:
                continue
            made = Charge(
                account=account,
                item=item.id,
                kind=kinds.inverse(price.price_type),
                offering=offering.id,
                text=price.name or offering.name or item.id,
                price=price.net.amount,
                currency=currencies.inverse(price.net.currency),
                quantity=item.quantity or 1,
                taxed=(usual if price.tax_rate is None else price.tax_rate) != 0,
                product=item.product.id if item.product else None,
                site=place_of(message, item),
            )
            yield made
            for one in price.alterations:
                yield from _reduction(made, one, kinds)


def fees(message: Message, fee_product: str, kinds: Vocabulary, currencies: Vocabulary) -> Iterator[Charge]:
    """Yield what a cancellation costs. Raises Refused where an item has no account, UnknownCode."""
    for fee in message.fees:
        item = message.order.item(fee.item) if message.order else None
        account = account_of(message, item) if item is not None else None
        if account is None:
            raise Refused("NO-ACCOUNT", f"no account is named for item {fee.item}", subject=f"item:{fee.item}")
        yield Charge(
            account=account,
            item=fee.item,
            kind=kinds.inverse("fee"),
            offering=fee_product,
            text=f"Cancellation fee, item {fee.item}: {fee.reason}",
            price=fee.net.amount,
            currency=currencies.inverse(fee.net.currency),
            quantity=1,
            taxed=fee.tax_rate != 0,
            product=item.product.id if item is not None and item.product else None,
        )


def charge_day(message: Message, item: str, zone: str, now: datetime) -> date:
    """Return the local day on which an item's charges start or stop: that of its service, else today."""
    for predicate in _OUTCOMES:
        fact = stated(message.facts, predicate, f"item:{item}")
        if fact is not None:
            return (fact.valid_from or fact.observed_at).astimezone(ZoneInfo(zone)).date()
    return now.astimezone(ZoneInfo(zone)).date()


def stopped_products(live: Iterable[ProductOrderItem]) -> Iterator[tuple[str, str]]:
    """Yield (product, item) of what is no longer charged as before: ceased, suspended or changed products."""
    for item in live:
        if item.product is not None and item.product.id is not None and item.action in _STOPPED:
            yield item.product.id, item.id


def subscription(
    message: Message,
    account: Account,
    currency: int,
    lines: Iterable[tuple[Charge, Offer, date]],
) -> Mapping[str, Any]:
    """Return a subscription to make. Nothing of a line is filled in by Tryton, so all of it is said."""
    made = list(lines)
    return {
        "reference": message.reference_key,
        "description": customer_reference(message),
        "party": account.party,
        "invoice_address": account.address,
        "currency": currency,
        "start_date": min(start for _, _, start in made),
        "invoice_recurrence": made[0][1].recurrence,
        "lines": [["create", [_subscription_line(*line) for line in made]]],
    }


def sale(message: Message, account: Account, currency: int, lines: Iterable[tuple[Charge, Offer]]) -> Mapping[str, Any]:
    """Return a sale to make, for what is charged once."""
    return {
        "reference": message.reference_key,
        "description": customer_reference(message),
        "party": account.party,
        "invoice_address": account.address,
        "shipment_address": account.address,
        "currency": currency,
        "invoice_method": "order",
        "lines": [["create", [_sale_line(charge, offer) for charge, offer in lines]]],
    }


def _subscription_line(charge: Charge, offer: Offer, start: date) -> dict[str, Any]:
    return {
        "service": offer.service,
        "description": charge.description,
        "quantity": charge.quantity,
        "unit": offer.unit,
        "unit_price": charge.price,
        "consumption_recurrence": offer.recurrence,
        "start_date": start,
        # Tryton charges no period that begins on the last day or after it.
        "end_date": _months_after(start, charge.months) if charge.months else None,
    }


def _sale_line(charge: Charge, offer: Offer) -> dict[str, Any]:
    return {
        "product": offer.product,
        "description": charge.description,
        "quantity": charge.quantity,
        "unit": offer.unit,
        "unit_price": charge.price,
        "taxes": [["add", list(offer.taxes if charge.taxed else ())]],
    }


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError


def _stops(item: ProductOrderItem) -> bool:
    return item.product is not None and item.product.status == ProductStatus.SUSPENDED


def _prices(message: Message, item: ProductOrderItem) -> tuple[Price, ...]:
    """Return what was agreed in the order, else the catalogue's price."""
    if item.prices:
        return item.prices
    offering = offering_of(message, item)
    price = offering.price if offering else None
    if offering is None or price is None:
        return ()
    return (
        Price(name=offering.name, price_type=price.type, period=price.period, net=price.net, tax_rate=price.tax_rate),
    )


def _reduction(charge: Charge, one: Alteration, kinds: Vocabulary) -> Iterator[Charge]:
    if one.percentage is not None:
        less = (charge.price * one.percentage / 100).quantize(_PRICE_STEP)
    elif isinstance(one.net, Money):
        less = one.net.amount
    else:
        return
    text = one.name or one.description or "Discount"
    yield replace(charge, kind=kinds.inverse("discount"), text=text, price=-abs(less), months=one.duration)

"""From Tryton's parties, sites, subscriptions and products to facts and reference data. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.sdk.codes import profile, said
from adapters.sdk.facts import Speaker
from adapters.sdk.messages import offering_of, place_of, product_items
from adapters.sdk.prices import has_price, plain, price_value, stated_price
from adapters.tryton.customer.words import Words
from adapters.tryton.read import member, read_as, subject_error
from adapters.tryton.tags import tags_of
from gateway.canonical.fact import Fact
from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import AccountRecord, Offering, PartyRecord, PlaceRecord, ProductRecord, Reference
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message

__all__ = ["Answer", "Asked", "facts", "read_answer", "reference"]

_COVERAGE = "Coverage"


@dataclass(frozen=True, slots=True)
class Site:
    """A site: its addresses, and the category of coverage where somebody has surveyed it."""

    addresses: tuple[int, ...]
    technology: str | None
    profile: str | None
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The rows that were found, as Tryton sent them, and when they were asked for."""

    at: datetime
    parties: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What Tryton knows of what it was asked, by its own codes."""

    at: datetime
    parties: Mapping[str, Mapping[str, Any]]
    sites: Mapping[str, Site]
    accounts: Mapping[str, Mapping[str, Any]]
    products: Mapping[str, Mapping[str, Any]]
    prices: Mapping[str, tuple[Decimal, str, Mapping[str, Any]]]  # net, recurrence, row
    currency: str | None


def read_answer(asked: Asked, places: Iterable[str]) -> Answer:
    """Return an answer checked. Raises Unreadable. Of `places` the sites are read; other parties are people."""
    try:
        wanted = set(places)
        recurrences = {
            member(row, "product.code"): member(row, "consumption_recurrence.name") or "" for row in asked.services
        }
        return Answer(
            at=asked.at,
            parties={row["code"]: row for row in asked.parties if row["code"] not in wanted},
            sites={row["code"]: _site(row) for row in asked.parties if row["code"] in wanted},
            accounts={row["code"]: row for row in asked.accounts},
            products=dict(_products(asked.lines)),
            prices={
                row["code"]: (read_as(Decimal, row["list_price_used"]), recurrences.get(row["code"], ""), row)
                for row in asked.products
                if row["list_price_used"]  # a price of nothing is that of what has none of its own
            },
            currency=asked.currency,
        )
    except (KeyError, TypeError, ValueError):
        raise subject_error("record", asked.parties[:1]) from None


def reference(answer: Answer, words: Words) -> Reference:
    """Return what it knows, in our words. Raises UnknownCode."""
    return Reference(
        parties=tuple(PartyRecord(id=code) for code in answer.parties),
        accounts=tuple(
            AccountRecord(
                id=code,
                customer=member(row, "party.code"),
                status=said(words.accounts, "active" if row["active"] else "inactive"),
            )
            for code, row in answer.accounts.items()
        ),
        products=tuple(_record(code, row, words) for code, row in answer.products.items()),
        places=tuple(
            PlaceRecord(id=code, location=_location(site.addresses[0]))
            if len(site.addresses) == 1
            else PlaceRecord(id=code, candidates=tuple(map(_location, site.addresses)))
            for code, site in answer.sites.items()
        ),
    )


def facts(speaker: Speaker, message: Message, answer: Answer, known: Reference, words: Words) -> Iterator[Fact]:
    """Yield what Tryton states of the order and its items. Raises UnknownCode."""
    named = message.order.party("customer") if message.order else None
    customer = answer.parties.get(named.id) if named else None
    if customer is not None:
        value = {"party": customer["code"]}
        yield speaker.says("party.identified", "productOrder", value, at=answer.at, answer=customer)
    for account in known.accounts or ():
        # A closed or foreign account is no open one: its record shows what it is, and a rule says so.
        if account.status == "open" and named is not None and account.customer == named.id:
            value = {"account": account.id, "customer": account.customer}
            row = answer.accounts[account.id]
            teller = speaker.reading(words.accounts)
            yield teller.says("account.open", "productOrder", value, at=answer.at, answer=row)
    merged = message.model_copy(update={"reference": message.reference.merged(known)})
    for item in product_items(merged):
        offering = offering_of(merged, item)
        yield from _site_facts(speaker, merged, item, offering, answer, words)
        yield from _price_facts(speaker, item, offering, answer, words)


def _site(row: Mapping[str, Any]) -> Site:
    names = [read_as(str, one["rec_name"]).split(" / ") for one in row["categories."] or ()]
    surveyed = [name for name in names if name[0] == _COVERAGE]
    technology, profile = surveyed[0][1:3] if surveyed else (None, None)
    return Site(tuple(one["id"] for one in row["addresses."] or ()), technology, profile, row)


def _products(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each product with the latest line that charges for it."""
    for row in lines:
        product = tags_of(row["description"]).get("product")
        if product is not None and member(row, "subscription.state") != "cancelled":
            yield product, row


def _record(code: str, row: Mapping[str, Any], words: Words) -> ProductRecord:
    ends = row["end_date"] is not None or member(row, "subscription.state") == "closed"
    state = None if ends else said(words.subscriptions, member(row, "subscription.state"))
    return ProductRecord(
        id=code,
        customer=member(row, "subscription.party.code"),
        status=state,
        offering=member(row, "service.product.code"),
        place=tags_of(row["description"]).get("site"),
    )


def _location(address: int) -> str:
    return f"address-{address}"


def _asks_for_a_rate(item: ProductOrderItem) -> bool:
    changes = item.action is ItemAction.MODIFY and item.product is not None and bool(item.product.characteristics)
    return item.action is ItemAction.ADD or changes


def _site_facts(  # noqa: PLR0913, PLR0917 - what a statement about a site is made of
    speaker: Speaker, message: Message, item: ProductOrderItem, offering: Offering | None, answer: Answer, words: Words
) -> Iterator[Fact]:
    place = place_of(message, item) or ""
    site = answer.sites.get(place)
    if site is None:
        return
    if len(site.addresses) == 1:
        value: dict[str, Any] = {"place": place, "location": _location(site.addresses[0])}
        yield speaker.says("address.resolved", item.subject, value, at=answer.at, answer=site.row)
    if site.profile is None or offering is None or not offering.site_bound or not _asks_for_a_rate(item):
        return
    rate = profile(words.coverage, site.profile, item.subject)["maxDownstreamRate"]
    value = {
        "place": place,
        "technology": said(words.technologies, site.technology, item.subject),
        "maxDownstreamRate": {"amount": plain(rate.amount), "units": rate.unit},
        "result": "qualified",
    }
    teller = speaker.reading(words.coverage, words.technologies)
    yield teller.says("site.qualified", item.subject, value, at=answer.at, answer=site.row)


def _price_facts(
    speaker: Speaker, item: ProductOrderItem, offering: Offering | None, answer: Answer, words: Words
) -> Iterator[Fact]:
    """Yield the net price: the order's own, else Tryton's list price. What neither states is left out."""
    if not has_price(item, offering):
        return
    listed = answer.prices.get(item.offering.id) if item.offering and not item.prices else None
    if listed is None or answer.currency is None:
        stated = stated_price(item, offering)
        if stated is not None:
            yield speaker.says("price.agreed", item.subject, stated, at=answer.at, answer=stated)
        return
    net, recurrence, row = listed
    currency = said(words.currencies, answer.currency, item.subject)
    kind = said(words.recurrences, recurrence, item.subject)
    value = price_value(Money(amount=round(net, CURRENCY_EXPONENTS[currency]), currency=currency), kind)
    teller = speaker.reading(words.recurrences, words.currencies)
    yield teller.says("price.agreed", item.subject, value, at=answer.at, answer=row)

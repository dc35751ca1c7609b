"""From the rows of template to facts and reference data. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from adapters.sdk.facts import Speaker
from adapters.sdk.fields import Fields
from adapters.sdk.messages import offering_of, place_of, product_items
from adapters.sdk.prices import has_price, plain, price_value, stated_price
from adapters.sdk.redact import redact
from gateway.canonical.fact import Fact
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import AccountRecord, Offering, PartyRecord, PlaceRecord, ProductRecord, Reference
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message
from gateway.ports.errors import UnknownCode, Unreadable
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["Known", "Row", "Words", "facts", "further"]

Row = dict[str, Any]
"""A row as the client returns it."""

_KINDS = "customer", "account", "product", "address", "offer"
_RESULTS = {"true": "qualified", "false": "unqualified", "unknown": "unknown"}
_ORDER = "productOrder"


@dataclass(frozen=True, slots=True)
class Words:
    """What each table of codes.yaml is for."""

    accounts: Vocabulary
    products: Vocabulary
    roles: Vocabulary
    flags: Vocabulary
    technologies: Vocabulary
    rates: Vocabulary
    prices: Vocabulary
    currencies: Vocabulary
    fields: Fields = field(kw_only=True)

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary], codes: Path) -> Self:
        """Return the tables by their ids. Raises SetupError where one is absent."""
        kinds = "account-status", "product-status", "role", "flag", "technology", "rate-unit", "price-type", "currency"
        *found, fields = require(tables, codes, *(f"template-{kind}" for kind in (*kinds, "field")))
        return cls(*found, fields=Fields(fields))


class Known:
    """What template knows of what it was asked, by kind and id; what it does not know is absent."""

    def __init__(self, rows: Mapping[str, list[Row]], words: Words) -> None:
        self.words = words
        self._rows = {kind: {member(row, "id"): row for row in found} for kind, found in rows.items()}

    def joined(self, other: "Known") -> "Known":
        """Return both together."""
        return Known({kind: [*self.of(kind).values(), *other.of(kind).values()] for kind in _KINDS}, self.words)

    def of(self, kind: str) -> Mapping[str, Row]:
        """Return the rows of a kind by their ids."""
        return self._rows.get(kind, {})

    def as_of(self) -> datetime | None:
        """Return when the newest of it was so; None where nothing is known."""
        return max((_at(row, self.words) for kind in _KINDS for row in self.of(kind).values()), default=None)

    def reference(self) -> Reference:
        """Return the records, in our words. Raises UnknownCode for a status or role that the tables lack."""
        words = self.words
        return Reference(
            parties=tuple(
                PartyRecord(
                    id=key, role=said(words.roles, row, "role"), pays_for=tuple((row.get("paysFor") or "").split())
                )
                for key, row in self.of("customer").items()
            ),
            accounts=tuple(
                AccountRecord(id=key, customer=row.get("customer"), status=said(words.accounts, row, "status"))
                for key, row in self.of("account").items()
            ),
            products=tuple(
                ProductRecord(
                    id=key,
                    customer=row.get("customer"),
                    status=said(words.products, row, "status"),
                    offering=row.get("offer"),
                    place=row.get("address"),
                )
                for key, row in self.of("product").items()
            ),
            places=tuple(
                PlaceRecord(id=key, location=found[0]) if len(found) == 1 else PlaceRecord(id=key, candidates=found)
                for key, found in ((key, locations(row)) for key, row in self.of("address").items())
            ),
        )


def member(row: Row, name: str) -> str:
    """Return a member that every row of its kind has. Raises Unreadable."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"template left out {name}", redact(str(row)))
    return value


def said(table: Vocabulary, row: Row, name: str, subject: str = _ORDER) -> str:
    """Return what the code in a member stands for. Raises UnknownCode with the subject that it was said of."""
    try:
        return table.translate(row.get(name))
    except UnknownCode as error:
        raise UnknownCode(error.vocabulary, error.legacy_code, subject=subject) from None


def locations(row: Row) -> tuple[str, ...]:
    """Return the locations that an address may be; one, where it is known for certain."""
    return tuple((row.get("locations") or "").split())


def further(known: Known, asked: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what to ask next: owners of accounts and places of products that the order does not name itself."""
    owners = dict.fromkeys(row.get("customer") for row in known.of("account").values())
    places = dict.fromkeys(row.get("address") for row in known.of("product").values())
    more = {
        "customer": [one for one in owners if one and one not in asked["customer"]],
        "address": [one for one in places if one and one not in asked["address"]],
    }
    return {kind: ids for kind, ids in more.items() if ids}


def facts(speaker: Speaker, message: Message, known: Known) -> Iterator[Fact]:
    """Yield what template states of the order and its items. Raises UnknownCode, Unreadable."""
    yield from _order_facts(speaker, message, known)
    merged = message.model_copy(update={"reference": message.reference.merged(known.reference())})
    for item in product_items(message):
        offering = offering_of(merged, item)
        address = known.of("address").get(place_of(merged, item) or "")
        if address is not None:
            yield from _site_facts(speaker, item, offering, address, known.words)
        yield from _price_facts(speaker, item, offering, known)


def _order_facts(speaker: Speaker, message: Message, known: Known) -> Iterator[Fact]:
    words, party = known.words, message.order.party("customer") if message.order else None
    customer = known.of("customer").get(party.id) if party else None
    if customer is not None:
        value, at = {"party": customer["id"]}, _at(customer, words)
        yield speaker.reading(words.roles).says("party.identified", _ORDER, value, at=at, answer=customer)
        if said(words.flags, customer, "credit") == "true":
            yield speaker.reading(words.flags).says("credit.ok", _ORDER, value, at=at, answer=customer)
    for key, account in known.of("account").items():
        payer = known.of("customer").get(account.get("customer") or "", {})
        owners = (account.get("customer"), *(payer.get("paysFor") or "").split())
        # A closed or foreign account is no open one: its record shows what it is, and a rule says so.
        if said(words.accounts, account, "status") == "open" and party is not None and party.id in owners:
            value = {"account": key, "customer": account.get("customer") or ""}
            teller = speaker.reading(words.accounts)
            yield teller.says("account.open", _ORDER, value, at=_at(account, words), answer=account)


def _site_facts(
    speaker: Speaker, item: ProductOrderItem, offering: Offering | None, address: Row, words: Words
) -> Iterator[Fact]:
    at, found = _at(address, words), locations(address)
    if len(found) == 1:
        value: dict[str, Any] = {"place": address["id"], "location": found[0]}
        yield speaker.says("address.resolved", item.subject, value, at=at, answer=address)
    surveyed = bool(address.get("technology"))  # nobody said anything of a place that nobody surveyed
    if not surveyed or offering is None or not offering.site_bound or not _asks_for_a_rate(item):
        return
    ends = words.fields.read("validUntil", address.get("validUntil"))
    value = {
        "place": address["id"],
        "technology": said(words.technologies, address, "technology", item.subject),
        "maxDownstreamRate": _rate(address, words, item.subject),
        "result": _RESULTS[said(words.flags, address, "available", item.subject)],
        "validUntil": str(address["validUntil"]).strip(),
    }
    teller = speaker.reading(words.rates, words.technologies, words.flags)
    yield teller.says("site.qualified", item.subject, value, at=at, valid_from=at, valid_to=ends, answer=address)


def _price_facts(speaker: Speaker, item: ProductOrderItem, offering: Offering | None, known: Known) -> Iterator[Fact]:
    """Yield the net price agreed: the order's own, else that of template's offer, else the catalogue's."""
    if not has_price(item, offering):
        return
    words, at = known.words, known.as_of()
    usual, stated = offering.price if offering else None, stated_price(item, offering)
    if stated is not None and at is not None:
        yield speaker.says("price.agreed", item.subject, stated, at=at, answer=stated)
        return
    if item.prices or item.offering is None:  # a change that names neither price nor offering leaves the price alone
        return
    offer = known.of("offer").get(item.offering.id)
    if offer is not None and offer.get("price"):
        currency = said(words.currencies, offer, "currency", item.subject)
        net = words.fields.read("price", offer["price"], currency=currency).plain
        value = price_value(net, said(words.prices, offer, "kind", item.subject))
        teller = speaker.reading(words.prices, words.currencies)
        yield teller.says("price.agreed", item.subject, value, at=_at(offer, words), answer=offer)
    elif usual is not None and usual.net is not None and at is not None:
        value = price_value(usual.net, usual.type)
        yield speaker.says("price.agreed", item.subject, value, at=at, answer=value)


def _at(row: Row, words: Words) -> datetime:
    moment: datetime = words.fields.read("asOf", row.get("asOf"))
    return moment


def _rate(row: Row, words: Words, subject: str) -> dict[str, Any]:
    said(words.rates, row, "rateUnit", subject)
    try:
        quantity = words.rates.quantity(str(row.get("rate")), row.get("rateUnit")).to("Mbit/s")
    except (ArithmeticError, ValueError):
        raise Unreadable("template gave a rate that is no number", redact(str(row.get("rate")))) from None
    return {"amount": plain(quantity.amount), "units": quantity.unit}


def _asks_for_a_rate(item: ProductOrderItem) -> bool:
    changes = item.action is ItemAction.MODIFY and item.product is not None and bool(item.product.characteristics)
    return item.action is ItemAction.ADD or changes

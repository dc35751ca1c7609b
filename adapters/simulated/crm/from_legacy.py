"""From the customer system's answers to facts and reference data. Pure.

Its dates are local, its flags J and N, its prices have a decimal comma. Whatever else it says is not read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.sdk.codes import profile, said
from adapters.sdk.facts import Speaker, digest
from adapters.sdk.messages import offering_of, place_of, product_items
from adapters.sdk.prices import has_price, plain, price_value, stated_price
from adapters.sdk.redact import redact
from adapters.sdk.rows import read_row
from adapters.simulated.crm.faults import NO_STATEMENT, NOT_KNOWN, error_for
from adapters.simulated.crm.words import Words
from gateway.canonical.fact import Fact
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import AccountRecord, Offering, PartyRecord, PlaceRecord, ProductRecord, Reference
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message
from gateway.ports.errors import Unreadable

__all__ = ["Answer", "facts", "follow_up", "read_answer", "reference"]

_SYSTEM = "simulated-crm"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class Customer(_Row):
    """A row of KUNDEN."""

    KDNR: str
    ROLLE: str
    BONITAET: str = ""
    ZAHLT_FUER: tuple[str, ...] = ()


class Account(_Row):
    """A row of KONTEN."""

    KTONR: str
    KDNR: str
    STATUS: str


class Held(_Row):
    """A row of PRODUKTE."""

    PRNR: str
    KDNR: str | None = None
    STATUS: str
    ANGEBOT: str | None = None
    ANR: str | None = None


class Coverage(_Row):
    """What is built at an address. GUELTIG_BIS is the last day of it."""

    VERFUEGBAR: str
    TECHNIK: str
    PROFIL: str
    GUELTIG_BIS: str


class Address(_Row):
    """A row of ANSCHRIFTEN: the locations that it may be, and its coverage where there is any statement."""

    ANR: str
    TREFFER: tuple[str, ...]
    AUSBAU: Coverage | None = None


class Offer(_Row):
    """A row of ANGEBOTE; a bundle has no price of its own."""

    ANGEBOT: str
    PREIS: str | None = None
    WAEHRUNG: str | None = None
    ART: str | None = None


_KINDS: dict[str, tuple[type[_Row], str]] = {
    "KUNDEN": (Customer, "KDNR"),
    "KONTEN": (Account, "KTONR"),
    "PRODUKTE": (Held, "PRNR"),
    "ANSCHRIFTEN": (Address, "ANR"),
    "ANGEBOTE": (Offer, "ANGEBOT"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the system knows of what it was asked, by key; what it does not know is absent."""

    at: datetime
    digest: str
    customers: dict[str, Customer] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    products: dict[str, Held] = field(default_factory=dict)
    addresses: dict[str, Address] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)

    def joined(self, other: "Answer") -> "Answer":
        """Return both answers as one, as of the later."""
        return Answer(
            other.at,
            digest([self.digest, other.digest]),
            self.customers | other.customers,
            self.accounts | other.accounts,
            self.products | other.products,
            self.addresses | other.addresses,
            self.offers | other.offers,
        )


def read_answer(body: dict[str, Any], words: Words) -> Answer:
    """Return an answer checked. Raises Unreadable, and what the fault table says of an error in a row."""
    try:
        at = words.fields.read("STAND", body["STAND"])
        rows = [dict(_rows(body, name)) for name in _KINDS]
    except (KeyError, ValueError, TypeError, AttributeError, ValidationError):
        raise Unreadable(f"{_SYSTEM} sent an answer that is not in its own form", redact(str(body))) from None
    return Answer(at, digest(body), *rows)  # type: ignore[arg-type]  # by kind, in the order of _KINDS


def _rows(body: dict[str, Any], name: str) -> Iterator[tuple[str, _Row]]:
    model, key = _KINDS[name]
    for row in body[name]:
        fault = row.get("FEHLER")
        if fault is None:
            yield row[key], read_row(model, _with_coverage(row), f"AUSKUNFT.{name}")
        elif fault["CODE"] not in NOT_KNOWN:
            raise error_for(fault)


def _with_coverage(row: dict[str, Any]) -> dict[str, Any]:
    fault = (row.get("AUSBAU") or {}).get("FEHLER")
    if fault is None:
        return row
    if fault["CODE"] not in NO_STATEMENT:
        raise error_for(fault)
    return row | {"AUSBAU": None}


def follow_up(answer: Answer, asked: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return what to ask next: owners of accounts and places of products that the order does not name itself."""
    owners = {account.KDNR: None for account in answer.accounts.values()}
    places = {product.ANR: None for product in answer.products.values() if product.ANR}
    further = {
        "KUNDEN": [one for one in owners if one not in asked["KUNDEN"]],
        "ANSCHRIFTEN": [one for one in places if one not in asked["ANSCHRIFTEN"]],
    }
    return {name: keys for name, keys in further.items() if keys}


def reference(answer: Answer, words: Words) -> Reference:
    """Return what it knows, in our words. Raises UnknownCode for a status, role or flag that the tables lack."""
    return Reference(
        parties=tuple(
            PartyRecord(
                id=words.fields.read("KDNR", key).value,
                role=said(words.roles, one.ROLLE),
                pays_for=one.ZAHLT_FUER,
            )
            for key, one in answer.customers.items()
        ),
        accounts=tuple(
            AccountRecord(
                id=words.fields.read("KTONR", key).value,
                customer=one.KDNR,
                status=said(words.accounts, one.STATUS),
            )
            for key, one in answer.accounts.items()
        ),
        products=tuple(
            ProductRecord(
                id=key,
                customer=one.KDNR,
                status=said(words.products, one.STATUS),
                offering=one.ANGEBOT,
                place=one.ANR,
            )
            for key, one in answer.products.items()
        ),
        places=tuple(
            PlaceRecord(id=key, location=words.fields.read("TREFFER", one.TREFFER).reference)
            if len(one.TREFFER) == 1
            else PlaceRecord(id=key, candidates=one.TREFFER)
            for key, one in answer.addresses.items()
        ),
    )


def facts(speaker: Speaker, message: Message, answer: Answer, known: Reference, words: Words) -> Iterator[Fact]:
    """Yield what the system states of the order and its items. Raises UnknownCode and Unreadable."""
    yield from _order_facts(speaker, message, answer, known, words)
    merged = message.model_copy(update={"reference": message.reference.merged(known)})
    for item in product_items(message):
        offering = offering_of(merged, item)
        yield from _site_facts(speaker, merged, item, offering, answer, words)
        agreed = _agreed(item, offering, answer, words)
        if agreed is not None:
            asked = _asks_offer(item, answer)
            teller = speaker.reading(words.prices, words.currencies) if asked else speaker
            yield teller.says("price.agreed", item.subject, agreed, at=answer.at, answer=answer.digest)


def _order_facts(speaker: Speaker, message: Message, answer: Answer, known: Reference, words: Words) -> Iterator[Fact]:
    named = message.order.party("customer") if message.order else None
    customer = answer.customers.get(named.id) if named else None
    if customer is not None:
        value = {"party": customer.KDNR}
        yield speaker.reading(words.roles).says(
            "party.identified", "productOrder", value, at=answer.at, answer=answer.digest
        )
        if said(words.flags, customer.BONITAET) == "true":
            teller = speaker.reading(words.flags)
            yield teller.says("credit.ok", "productOrder", value, at=answer.at, answer=answer.digest)
    for account in known.accounts or ():
        payer = known.party(account.customer)
        owned = named is not None and named.id in (account.customer, *(payer.pays_for if payer else ()))
        # A closed or foreign account is no open one: its record shows what it is, and a rule says so.
        if account.status == "open" and owned:
            value = {"account": account.id, "customer": account.customer or ""}
            teller = speaker.reading(words.accounts)
            yield teller.says("account.open", "productOrder", value, at=answer.at, answer=answer.digest)


def _asks_for_a_rate(item: ProductOrderItem) -> bool:
    changes = item.action is ItemAction.MODIFY and item.product is not None and bool(item.product.characteristics)
    return item.action is ItemAction.ADD or changes


def _site_facts(  # noqa: PLR0913, PLR0917 - what a statement about a site is made of
    speaker: Speaker, message: Message, item: ProductOrderItem, offering: Offering | None, answer: Answer, words: Words
) -> Iterator[Fact]:
    address = answer.addresses.get(place_of(message, item) or "")
    if address is None:
        return
    if len(address.TREFFER) == 1:
        value: dict[str, Any] = {"place": address.ANR, "location": address.TREFFER[0]}
        yield speaker.says("address.resolved", item.subject, value, at=answer.at, answer=answer.digest)
    covered = address.AUSBAU
    if covered is None or offering is None or not offering.site_bound or not _asks_for_a_rate(item):
        return
    ends = words.fields.read("GUELTIG_BIS", covered.GUELTIG_BIS)  # it counts to the end of its last day
    rate = profile(words.profiles, covered.PROFIL, item.subject)["maxDownstreamRate"]
    value = {
        "place": address.ANR,
        "technology": said(words.technologies, covered.TECHNIK, item.subject),
        "maxDownstreamRate": {"amount": plain(rate.amount), "units": rate.unit},
        "result": _RESULTS[said(words.flags, covered.VERFUEGBAR, item.subject)],
        "validUntil": _last_day(covered.GUELTIG_BIS),
    }
    yield speaker.reading(words.profiles, words.technologies, words.flags).says(
        "site.qualified",
        item.subject,
        value,
        at=answer.at,
        valid_from=answer.at,
        valid_to=ends,
        answer=answer.digest,
    )


_RESULTS = {"true": "qualified", "false": "unqualified", "unknown": "unknown"}


def _agreed(item: ProductOrderItem, offering: Offering | None, answer: Answer, words: Words) -> dict[str, Any] | None:
    """Return the net price and its type: the order's own, else the customer system's, else the catalogue's."""
    if not has_price(item, offering):
        return None
    if item.prices or item.offering is None:  # a change that names neither price nor offering leaves the price alone
        return stated_price(item, offering)
    offer = answer.offers.get(item.offering.id)
    if offer is not None and offer.PREIS is not None:
        currency = said(words.currencies, offer.WAEHRUNG, item.subject)
        net = words.fields.read("PREIS", offer.PREIS, currency=currency).plain
        return price_value(net, said(words.prices, offer.ART, item.subject))
    if offering is None or offering.price is None or offering.price.net is None:
        return None
    return price_value(offering.price.net, offering.price.type)


def _asks_offer(item: ProductOrderItem, answer: Answer) -> bool:
    """Whether the price is that of the customer system's own offer."""
    offer = answer.offers.get(item.offering.id) if item.offering and not item.prices else None
    return offer is not None and offer.PREIS is not None


def _last_day(text: str) -> str:
    return datetime.strptime(text.strip(), "%d.%m.%Y").date().isoformat()  # noqa: DTZ007 - read before, and a day alone

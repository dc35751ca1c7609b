"""From what the simulated customer system says to reference data and facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sdk.facts import Speaker
from adapters.sdk.messages import offering_of, place_of, product_items
from adapters.sdk.redact import redact
from gateway.canonical.fact import Fact
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.reference import AccountRecord, PartyRecord, PlaceRecord, ProductRecord, Reference
from gateway.ports.adapter import Message
from gateway.ports.errors import Unreadable
from gateway.vocabulary.table import Vocabulary

__all__ = ["Codes", "facts_from_legacy", "reference_from_legacy"]

_ORDER = "productOrder"
_RESULTS = {"true": "qualified", "false": "unqualified"}


@dataclass(frozen=True, slots=True)
class Codes:
    """The vocabularies that the answers are read with, and the zone of their local dates."""

    zone: ZoneInfo
    account: Vocabulary
    role: Vocabulary
    flag: Vocabulary
    technology: Vocabulary
    profile: Vocabulary
    price_type: Vocabulary
    product_status: Vocabulary


def reference_from_legacy(answer: Mapping[str, Any], codes: Codes) -> Reference:
    """Return the parties, accounts, products and places that an answer knows. Raises UnknownCode, Unreadable."""
    places = [
        PlaceRecord(
            id=row["ANR"],
            location=found[0] if len(found) == 1 else None,
            candidates=tuple(found) if len(found) > 1 else (),
        )
        for row, found in ((row, _locations(row)) for row in _known(answer, "ANSCHRIFTEN"))
    ]
    return Reference(
        parties=tuple(
            PartyRecord(id=row["KDNR"], role=codes.role.translate(row["ROLLE"]), pays_for=tuple(row["ZAHLT_FUER"]))
            for row in _known(answer, "KUNDEN")
        ),
        accounts=tuple(
            AccountRecord(id=row["KTONR"], customer=row["KDNR"], status=codes.account.translate(row["STATUS"]))
            for row in _known(answer, "KONTEN")
        ),
        products=tuple(
            ProductRecord(
                id=row["PRNR"],
                customer=row.get("KDNR"),
                status=codes.product_status.translate(row["STATUS"]),
                offering=row.get("ANGEBOT"),
                place=row.get("ANR"),
            )
            for row in _known(answer, "PRODUKTE")
        ),
        places=tuple(places),
    )


def facts_from_legacy(message: Message, answer: Mapping[str, Any], codes: Codes, speaker: Speaker) -> list[Fact]:
    """Return what the answer says of the order and its items. What it does not know it does not say."""
    at = _instant(str(answer.get("STAND")), codes.zone)
    facts = [*_of_order(message, answer, codes, speaker, at)]
    for item in product_items(message):
        facts += _of_item(message, item, answer, codes, speaker, at)
    return facts


def _of_order(
    message: Message, answer: Mapping[str, Any], codes: Codes, speaker: Speaker, at: datetime
) -> Iterator[Fact]:
    customer = message.order.party("customer") if message.order else None
    for row in _known(answer, "KUNDEN"):
        if customer is None or row["KDNR"] != customer.id or codes.role.translate(row["ROLLE"]) != "customer":
            continue
        value = {"party": row["KDNR"]}
        yield speaker.says("party.identified", _ORDER, value, at=at, answer=row)
        if _needs_credit(message) and codes.flag.translate(row["BONITAET"]) == "true":
            yield speaker.says("credit.ok", _ORDER, value, at=at, answer=row)
    for row in _known(answer, "KONTEN"):
        if codes.account.translate(row["STATUS"]) == "open":
            value = {"account": row["KTONR"], "customer": row["KDNR"]}
            yield speaker.says("account.open", _ORDER, value, at=at, answer=row)


def _of_item(  # noqa: PLR0913, PLR0917 - an item, and what it is read with
    message: Message, item: ProductOrderItem, answer: Mapping[str, Any], codes: Codes, speaker: Speaker, at: datetime
) -> Iterator[Fact]:
    offering, place = offering_of(message, item), place_of(message, item)
    address = next((row for row in _known(answer, "ANSCHRIFTEN") if row["ANR"] == place), None)
    if address is not None and offering is not None and offering.site_bound:
        found = _locations(address)
        if len(found) == 1:
            value = {"place": place, "location": found[0]}
            yield speaker.says("address.resolved", item.subject, value, at=at, answer=address)
        yield from _qualified(item, address, codes, speaker, at)
    wanted = item.offering.id if item.offering else offering.id if offering else None
    offer = next((row for row in _known(answer, "ANGEBOTE") if row["ANGEBOT"] == wanted), None)
    if offer is not None and offer.get("PREIS") is not None:
        net = {"unit": offer["WAEHRUNG"], "value": float(_amount(offer["PREIS"]))}
        price: dict[str, Any] = {"net": net, "type": codes.price_type.translate(offer["ART"])}
        yield speaker.says("price.agreed", item.subject, price, at=at, answer=offer)


def _qualified(
    item: ProductOrderItem, address: Mapping[str, Any], codes: Codes, speaker: Speaker, at: datetime
) -> Iterator[Fact]:
    said = address["AUSBAU"]
    result = _RESULTS.get(codes.flag.translate(said.get("VERFUEGBAR"))) if "FEHLER" not in said else None
    if result is None:
        return
    rate = codes.profile.profile(said["PROFIL"])["downstreamRate"].to("kbit/s")
    # The day itself still counts there; ours ends where the next day begins.
    until = datetime.combine(_day(said["GUELTIG_BIS"]) + timedelta(days=1), time(), codes.zone)
    value = {
        "place": address["ANR"],
        "technology": codes.technology.translate(said["TECHNIK"]),
        "maxDownstreamRate": {"amount": int(rate.amount), "units": rate.unit},
        "result": result,
        "validUntil": until.isoformat(),
    }
    yield speaker.says("site.qualified", item.subject, value, at=at, answer=address, valid_to=until)


def _needs_credit(message: Message) -> bool:
    return any((o := offering_of(message, item)) and o.needs_credit_check for item in product_items(message))


def _known(answer: Mapping[str, Any], member: str) -> list[Mapping[str, Any]]:
    rows = answer.get(member, [])
    if not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
        raise Unreadable(f"simulated-crm sent no list under {member}", redact(str(rows)))
    return [row for row in rows if "FEHLER" not in row]


def _locations(row: Mapping[str, Any]) -> list[str]:
    return list(row.get("TREFFER") or [])


def _instant(local: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.strptime(local, "%d.%m.%Y %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        raise Unreadable("simulated-crm sent no time of its answer", redact(local)) from None


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 - a local date has no offset
    except ValueError:
        raise Unreadable("simulated-crm sent no date", redact(text)) from None


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(".", "").replace(",", "."))

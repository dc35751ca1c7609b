"""The facts of a story at a stage, each with what section 6 says it carries, and which of them a gate must have."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.traces.build import is_built
from tests.traces.order import characteristics
from tests.traces.prices import amount_of, money
from tests.traces.story import STAGES, Story

__all__ = ["DERIVED", "facts"]

DERIVED = {"offer.valid", "decomposition.complete", "rate.created", "bill.balanced", "ledger.posted"}
"""What wire, reference or ledger prove by themselves."""

Row = tuple[str, str, dict[str, Any], str, int, int]
"""Predicate, subject, value, the day's name, hour and minute."""


def _intake(story: Story) -> Iterator[Row]:
    yield "party.identified", "productOrder", {"party": "C-1"}, "order", 9, 5
    owner = "P-9" if "payer" in story.data else "C-1"
    yield "account.open", "productOrder", {"account": story.account, "customer": owner}, "order", 9, 5
    if story.data.get("credit"):
        yield "credit.ok", "productOrder", {"party": "C-1"}, "order", 9, 5
    for item in story.items():
        offer, subject = story.offer(item), f"item:{item['id']}"
        if item["do"] == "add":
            yield "offer.valid", subject, {"offering": item["offer"]}, "order", 9, 5
        if offer["siteBound"] and item["do"] in {"add", "change"}:
            location = {"ADDR-1": "UPRN-100023", "ADDR-2": "UPRN-100024"}[item["place"]]
            yield "address.resolved", subject, {"place": item["place"], "location": location}, "order", 9, 5
            site = {
                "place": item["place"],
                "technology": "FTTP",
                "maxDownstreamRate": {"amount": 1000, "units": "Mbit/s"},
                "result": "qualified",
                "validUntil": story.clock.day(40).isoformat(),
            }
            yield "site.qualified", subject, site, "order", 9, 5
        if "price" in offer and item["do"] in {"add", "change"}:
            price = offer["price"]
            agreed = {"net": money(amount_of(price), price["net"]["unit"]), "type": price["type"]}
            yield "price.agreed", subject, agreed, "order", 9, 5
    if story.ends != "rejected":
        yield "order.accepted", "productOrder", {"order": "PO-1", "party": "C-1"}, "order", 9, 6


def _carried(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.get("has", {}).items() if name != "serial"}


def _decomposed(story: Story) -> Iterator[Row]:
    if story.ends in {"rejected", "cancelled-early"}:
        return
    ids = [item["id"] for item in story.items()]
    yield "decomposition.complete", "productOrder", {"items": ids}, "build", 9, 40
    for item in story.items():
        offer, subject = story.offer(item), f"item:{item['id']}"
        if item["do"] != "add":
            continue
        if _carried(item):
            yield "resource.reserved", subject, _carried(item), "build", 10, 0
        if offer["needsVisit"]:
            clock = story.clock
            day = clock.day(story.days["active"])
            visit = {
                "appointment": "AP-1",
                "place": item["place"],
                "start": clock.at(day, 11, 30),
                "end": clock.at(day, 13, 30),
            }
            yield "appointment.booked", subject, visit, "build", 10, 5
        elif offer["siteBound"]:
            yield "selfinstall.chosen", subject, {}, "build", 10, 5
        if "permit" in item:
            yield "permit.granted", subject, {"permit": item["permit"]}, "build", 10, 30
    numbers = [item for item in story.items() if is_built(story, item)]
    each = story.says("services", "each") == "each"
    orders = [f"SO-{n}" for n, _ in enumerate(numbers, 1)] if each else ["SO-1"]
    yield "build.released", "productOrder", {"serviceOrders": orders}, "build", 11, 0
    if story.ends == "cancelled-reserved":
        for item in story.items():
            yield "resource.released", f"item:{item['id']}", _carried(item), "build", 15, 0


def delivered(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is measured: the item's characteristics in other words, and where and with what."""
    told = {one["name"]: one["value"] for one in characteristics({**item.get("wants", {}), **item.get("gives", {})})}
    for name, value in told.items():
        if isinstance(value, dict) and value["units"] == "Mbit/s":
            told[name] = {"amount": value["amount"] * 1000, "units": "kbit/s"}
    for name in ("serial", "port", "iccid"):
        if name in item.get("has", {}):
            told[name] = item["has"][name]
    if "place" in item:
        told["place"] = item["place"]
    return told


def _activated(story: Story) -> Iterator[Row]:
    if story.ends in {"rejected", "cancelled-early", "cancelled-reserved"}:
        return
    for item in story.items():
        subject, do, more = f"item:{item['id']}", item["do"], item.get("minute", 0)
        if item.get("ends") == "failed" or not is_built(story, item):
            continue
        if do == "add":
            if story.offer(item)["needsVisit"]:
                done = {"appointment": "AP-1", "place": item["place"], "serial": item["has"]["serial"]}
                yield "field.completed", subject, done, "active", 12, 30
            if "serial" in item.get("has", {}):
                yield "device.bound", subject, {"serial": item["has"]["serial"]}, "active", 12, 40
            if _carried(item):
                yield "resource.assigned", subject, _carried(item), "active", 13, 0
            yield "service.ready", subject, {}, "active", 13, 30 + more
        if do in {"add", "change"}:
            yield "service.activated", subject, delivered(item), "active", 14, 2 + more
        elif do == "suspend":
            yield "service.suspended", subject, {"reason": "long journey"}, "active", 14, 2
        elif do == "resume":
            yield "service.resumed", subject, {}, "active", 14, 2
        else:
            yield "service.ceased", subject, {}, "active", 13, 10
            yield "resource.released", subject, _carried(item), "active", 13, 20
        if item.get("acceptance"):
            yield "acceptance.given", subject, {"party": "C-1"}, "active", 14, 30
    if story.ends == "cancelled-compensated":
        for item in story.items():
            yield "service.ceased", f"item:{item['id']}", {}, "after", 15, 0
            yield "resource.released", f"item:{item['id']}", _carried(item), "after", 15, 10


def _charged(story: Story) -> Iterator[Row]:
    if story.is_stopped:
        return
    charge = story.data.get("charge", {})
    for item in story.items():
        is_due = item.get("charged", True) and "price" in story.offer(item) and item.get("ends") != "failed"
        if not is_due:
            continue
        if item["do"] in {"add", "change", "resume"}:
            day = story.clock.day(charge.get("day", story.days["active"]))
            value = {"date": day.isoformat(), "product": item["product"]}
            if "reason" in charge:
                value["reason"] = charge["reason"]
            yield "charge.started", f"item:{item['id']}", value, "active", 15, 0


def _row(story: Story, row: Row, system: str, **more: Any) -> dict[str, Any]:
    predicate, subject, value, day, hour, minute = row
    clock = story.clock
    date = clock.day(story.days["active"] + 1) if day == "after" else clock.day(story.days[day])
    at = clock.at(date, hour, minute)
    fact = {"predicate": predicate, "subject": subject, "value": value, "observedAt": at, "recordedAt": at}
    return {**fact, "source": {"system": system}, **more}


SYSTEMS = {
    "party": "crm", "account": "crm", "credit": "bureau", "offer": "catalogue", "address": "gis", "site": "gis", "price": "crm",
    "order": "com", "decomposition": "com", "resource": "inventory", "appointment": "field", "selfinstall": "crm", "permit": "field",
    "build": "com", "field": "field", "device": "acs", "service": "aaa", "acceptance": "crm", "charge": "billing", "rate": "billing",
    "bill": "billing", "ledger": "erp",
}  # fmt: skip
PROVEN = {"service.activated", "service.suspended", "service.resumed", "service.ceased"}


def _told(story: Story, row: Row) -> Iterator[dict[str, Any]]:
    predicate, subject, *_ = row
    system = SYSTEMS[predicate.split(".")[0]]
    if predicate == "field.completed":
        photo = {"kind": "photo", "ref": f"PH-{story.name}-{subject}"}
        yield _row(story, row, system, evidence=[photo], assurance="corroborated")
    elif predicate in PROVEN:
        how = story.says("proof", "two")
        if how == "two":
            yield _row(story, row, "provisioning", assurance="asserted")
            yield _row(
                story,
                row,
                system,
                assurance="asserted",
                evidence=[{"kind": "radius", "ref": f"RAD-{story.name}-{subject}"}],
            )
        elif how == "one":
            proof = {"kind": "radius", "ref": f"RAD-{story.name}-{subject}"}
            yield _row(story, row, system, assurance="verified", evidence=[proof])
        else:
            yield _row(story, row, system, assurance="corroborated")
    else:
        yield _row(story, row, system, assurance="asserted")


def facts(story: Story, stage: str, billing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the facts known at the stage. `billing` are those that bills give."""
    reached = STAGES.index(stage)
    rows = list(_intake(story))
    if reached > 0:
        rows += _decomposed(story)
    if reached > 1:
        rows += _activated(story)
    if reached > 2:
        rows += _charged(story)
    said = [fact for row in rows for fact in _told(story, row)] + billing
    if not story.says("derived", default=True):
        said = [fact for fact in said if fact["predicate"] not in DERIVED]
    return said

"""The product order of a story, and the reference data around it, in v4 wire."""

from collections.abc import Mapping
from typing import Any

from tests.traces.prices import amount_of, money, tax_of
from tests.traces.story import OFFERS, STAGES, Story

__all__ = ["ACTIONS", "characteristics", "place_of", "product_order", "reference"]

ACTIONS = {"add": "add", "change": "modify", "suspend": "modify", "resume": "modify", "delete": "delete"}
FINAL = {
    "rejected": "rejected",
    "cancelled-early": "cancelled",
    "cancelled-reserved": "cancelled",
    "cancelled-compensated": "cancelled",
}


def characteristics(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return characteristics: `[500, Mbit/s]` with its unit, `[500000]` bare."""
    return [
        {"name": name, "value": {"amount": value[0], "units": value[1]} if len(value) > 1 else value[0]}
        for name, value in said.items()
    ]


def place_of(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": item["place"], "role": "installationAddress", "@referredType": "GeographicAddress"}


def _price(story: Story, item: Mapping[str, Any]) -> list[dict[str, Any]]:
    price = story.offer(item).get("price")
    if price is None or not story.says("prices", default=True) or item["do"] not in {"add", "change"}:
        return []
    unit, net, rate = price["net"]["unit"], amount_of(price), price["taxRate"]
    if story.data.get("exempt"):
        rate = 0
    said = {
        "name": "Fee",
        "priceType": price["type"],
        "price": {
            "dutyFreeAmount": money(net, unit),
            "taxIncludedAmount": money(net + tax_of(net, rate, unit), unit),
            "taxRate": rate,
        },
    }
    if "period" in price:
        said["recurringChargePeriod"] = price["period"]
    if "less" in item:
        said["priceAlteration"] = [
            {
                "name": "Welcome",
                "priceType": "recurring",
                "recurringChargePeriod": "month",
                "applicationDuration": 12,
                "priority": 1,
                "price": {"percentage": item["less"]},
            }
        ]
    return [said]


def _state(story: Story, item: Mapping[str, Any], stage: str) -> str:
    if stage == "taken-in":
        return "rejected" if story.ends == "rejected" else "acknowledged"
    if stage == "decomposed":
        return "inProgress" if story.ends == "cancelled-compensated" else FINAL.get(story.ends, "inProgress")
    return FINAL.get(story.ends, item.get("ends", "completed"))


def _item(story: Story, item: Mapping[str, Any], stage: str) -> dict[str, Any]:
    do = item["do"]
    product: dict[str, Any] = {"id": item["product"]}
    said: dict[str, Any] = {"id": item["id"], "action": ACTIONS[do], "state": _state(story, item, stage)}
    if do == "add" or "quantity" in item:
        said["quantity"] = item.get("quantity", 1)
    if story.says("account", "item") == "item":
        said["billingAccount"] = {"id": story.account}
    if do in {"add", "change"} or story.says("offering", default=False):
        said["productOffering"] = {"id": item["offer"]}
    if prices := _price(story, item):
        said["itemPrice"] = prices
    if wants := item.get("wants"):
        product["productCharacteristic"] = characteristics(wants)
    if do != "delete" and "place" in item:
        product["place"] = [place_of(item)]
    if do in {"suspend", "resume"}:
        product["status"] = "suspended" if do == "suspend" else "active"
    said["product"] = product
    related = [{"id": one, "relationshipType": "reliesOn"} for one in item.get("relies", ())]
    if "moves" in item:
        related.append({"id": item["moves"], "relationshipType": story.says("moves", "replaces")})
    parts = [_item(story, part, stage) for part in item.get("parts", ())]
    if parts and story.says("bundle", "nested") == "nested":
        said["productOrderItem"] = parts
    elif parts:
        related += [{"id": part["id"], "relationshipType": "bundles"} for part in parts]
    if related:
        said["productOrderItemRelationship"] = related
    return said


def product_order(story: Story, stage: str) -> dict[str, Any]:
    clock, days = story.clock, story.days
    items = [_item(story, item, stage) for item in story.data["items"]]
    if story.says("bundle", "nested") == "flat":
        items += [_item(story, part, stage) for item in story.data["items"] for part in item.get("parts", ())]
    states = {item["state"] for item in items}
    state = states.pop() if len(states) == 1 else "partial"
    order: dict[str, Any] = {
        "id": "PO-1",
        "externalId": "00123",
        "orderDate": clock.at(clock.day(days["order"]), 9),
        "requestedStartDate": clock.at(clock.day(days["order"]), 10),
        "requestedCompletionDate": clock.at(clock.day(days["wish"]), 16),
        "state": state,
        "relatedParty": [{"id": "C-1", "role": "customer", "name": "Ada", "@referredType": "Individual"}],
        "productOrderItem": items,
    }
    if "payer" in story.data:
        order["relatedParty"].append({"id": "P-9", "role": "Payer", "@referredType": "Organization"})
    if story.says("account", "item") == "order":
        order["billingAccount"] = {"id": story.account}
    if state == "inProgress":
        order["expectedCompletionDate"] = clock.at(clock.day(max(days["wish"], days["active"])), 16)
    if state in {"completed", "partial"}:
        order["completionDate"] = clock.at(clock.day(days["active"]), 14, 40)
    if state == "cancelled":
        late = story.ends == "cancelled-compensated" and STAGES.index(stage) > 1
        order["cancellationDate"] = clock.at(clock.day(days["active"] + 1 if late else days["build"]), 16)
        order["cancellationReason"] = "the customer moves away"
    return order


def reference(story: Story) -> dict[str, Any]:
    customer: dict[str, Any] = {"id": "C-1", "role": "customer"}
    if story.data.get("exempt"):
        customer["taxExemption"] = story.says("exemption", "VAT-EX-77")
    parties, accounts = [customer], [{"id": "BA-1", "customer": "C-1", "status": "open"}]
    if payer := story.data.get("payer"):
        pays = story.says("pays", "C-1")
        third = {"id": "P-9", "role": "payer"}
        account: dict[str, Any] = {"id": "BA-9", "customer": "P-9", "status": "open"}
        (third if payer == "party" else account)["paysFor"] = pays
        parties.append(third)
        accounts.append(account)
    used = {item["offer"] for item in story.items()} | {item["from"] for item in story.items() if "from" in item}
    sellable = {"sellable": {"start": "2026-01-01", "end": None}} if story.says("sellable", default=True) else {}
    return {
        "parties": parties,
        "accounts": accounts,
        "offerings": [{"id": name, **sellable, **OFFERS[name]} for name in sorted(used)],
        "products": [
            {
                "id": one["id"],
                "customer": "C-1",
                "status": one.get("status", "active"),
                "offering": one["offer"],
                **({"place": one["place"]} if "place" in one else {}),
            }
            for one in story.data.get("inventory", ())
        ],
        "places": [{"id": "ADDR-1", "location": "UPRN-100023"}, {"id": "ADDR-2", "location": "UPRN-100024"}],
    }

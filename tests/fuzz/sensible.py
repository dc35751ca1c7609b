"""Three of four generated cases made sensible: an order that the rules let pass, a change or a cancellation of it.

By chance alone no order names a customer who exists, so nothing would ever be made, read back, changed or cancelled.
"""

import json
from zlib import crc32

import httpx
import schemathesis

from gateway.app.demo.bodies import added, outside_service_order, product_order, rate

ORDERS = {"product": "/tmf-api/productOrderingManagement/", "service": "/tmf-api/serviceOrdering/"}

WORDS = ("category", "description", "notificationContact", "note")
"""What chance may put into an order without any rule's objecting."""

GOOD = {}
"""Address of a collection → members of an order there that every rule lets pass."""

MADE = {}
"""Address of a collection → identifier of what was made there last."""


def fill(address):
    """Send a few orders, so that there is something to read, change, cancel and bill; learn what a good one is."""
    GOOD.clear()
    MADE.clear()
    product, service = (f"{{}}{ORDERS[kind]}{{}}/{kind}Order" for kind in ("product", "service"))
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as http:
        for customer, speed in ((1011, 100), (1012, 250), (1013, 500)):
            item = added("1", f"FIBRE-{speed}", customer, place=customer, characteristics=[rate(speed)])
            body = product_order(f"SEED-{customer}", customer, [item])
            http.post(product.format("", "v4"), json=body).raise_for_status()
        body = outside_service_order("SEED-OUTSIDE", "1", "CFS-ACCESS", [], place=1011)
        outside = http.post(service.format("", "v4"), json=body)
        outside.raise_for_status()
        for version in ("v4", "v5"):
            order = http.get(product.format("", version)).json()[0]
            GOOD[product.format(address, version)] = {
                "relatedParty": order["relatedParty"],
                "productOrderItem": _without_state(order["productOrderItem"]),
            }
            order = http.get(service.format("", version) + "/" + outside.json()["id"]).json()
            GOOD[service.format(address, version)] = {"serviceOrderItem": _without_state(order["serviceOrderItem"])}


def _without_state(items):
    return [{key: value for key, value in item.items() if key != "state"} for item in items]


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Overlay what fits its schema; of half of the bodies, keep no more of what chance put there than words."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    luck, base = _luck([case.body, case.path_parameters]), case.operation.base_url.rstrip("/")
    if luck == 0:
        return
    one, collection = case.path.endswith("/{id}"), base + case.path.removesuffix("/{id}")
    if one and collection in MADE:
        case.path_parameters["id"] = MADE[collection]
    if isinstance(case.body, dict):
        _overlay(case, base, collection, luck)


def _overlay(case, base, collection, luck):
    words = {name: value for name, value in case.body.items() if name in WORDS or name == "@type"}
    kept = case.body if luck == 1 else words
    if collection in GOOD:
        is_patch = case.method.upper() == "PATCH"
        case.body = {**kept, **({"description": f"luck {luck}"} if is_patch else GOOD[collection])}
    for kind in ORDERS:
        order = MADE.get(f"{base}/{kind}Order")
        if order and collection == f"{base}/cancel{kind.title()}Order":
            case.body[f"{kind}Order"] = {**case.body.get(f"{kind}Order", {}), "id": order}


def _luck(drawn):
    """Return 0 to 3, the same for what is the same in every process."""
    return crc32(json.dumps(drawn, sort_keys=True, default=str).encode()) % 4


@schemathesis.hook
def after_call(_context, case, response):
    """Remember the last order, and the last cancellation, that was made; forget an order that was deleted."""
    collection = case.operation.base_url.rstrip("/") + case.path.removesuffix("/{id}")
    if response.status_code == 201 and case.path.endswith("Order"):
        MADE[collection] = response.json()["id"]
    elif response.status_code == 204 and (case.path_parameters or {}).get("id") == MADE.get(collection):
        MADE.pop(collection, None)

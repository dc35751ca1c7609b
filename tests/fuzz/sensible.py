"""Three of four generated bodies made sensible: an order that the rules let pass, a change or a cancellation of one.

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
"""Address of a collection → identifier of the order that was made there last."""


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
    """Overlay bodies that fit their schema; of half of them, keep no more of what chance put there than words."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_positive or not isinstance(case.body, dict):
        return
    luck = _luck(case.body)
    if luck == 0:
        return
    base, method = case.operation.base_url.rstrip("/"), case.method.upper()
    for kind in ORDERS:
        orders, member = f"{base}/{kind}Order", f"{kind}Order"
        good = GOOD.get(orders, {})
        if case.path == f"/cancel{kind.title()}Order" and orders in MADE:
            case.body[member] = {**case.body.get(member, {}), "id": MADE[orders]}
        elif case.path == f"/{member}" and method == "POST":
            case.body = {**_kept(case.body, luck), **good}
        elif case.path == f"/{member}/{{id}}" and method == "PATCH":
            items = {name: value for name, value in good.items() if name.endswith("Item")}
            case.body = {**_kept(case.body, luck), **items}


def _luck(body):
    """Return 0 to 3, the same for the same body in every process."""
    return crc32(json.dumps(body, sort_keys=True, default=str).encode()) % 4


def _kept(body, luck):
    return body if luck == 1 else {name: value for name, value in body.items() if name in WORDS or name == "@type"}


@schemathesis.hook
def after_call(_context, case, response):
    """Remember the last order that was made."""
    if (
        case.method.upper() == "POST"
        and response.status_code == 201
        and case.path in ("/productOrder", "/serviceOrder")
    ):
        MADE[case.operation.base_url.rstrip("/") + case.path] = response.json()["id"]

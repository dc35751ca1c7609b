"""Many stored product orders, made from one that came over the wire, and written as the store itself writes them."""

import random
from datetime import UTC, datetime, timedelta

from gateway.canonical.ids import new_id, shard_of
from gateway.faces.rows import instant_text
from gateway.faces.tmf622.v4 import order_from_wire

__all__ = ["batches", "created_at"]

COLOURS = ["red", "green", "blue", "grey", "black", "white", "amber", "olive", "coral", "ivory"]
SPEEDS = [16, 50, 100, 175, 250, 500, 1000, 2000]
STATES = ["acknowledged", "inProgress", "pending", "held", "completed", "failed", "cancelled", "partial"]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 2000

BODY = {
    "externalId": "EXTERNAL",
    "category": "CATEGORY",
    "priority": "PRIORITY",
    "description": "an order of the benchmark, number NUMBER",
    "requestedStartDate": "2001-01-01T00:00:00Z",
    "channel": [{"id": "web", "name": "Web shop"}],
    "note": [{"id": "1", "author": "bench", "text": "call before you come, the bell is broken"}],
    "relatedParty": [{"id": "CUSTOMER", "role": "customer", "@referredType": "Customer"}],
    "productOrderItem": [
        {
            "id": "1",
            "action": "add",
            "quantity": 1,
            "productOffering": {"id": "fibre"},
            "billingAccount": {"id": "BA-NUMBER"},
            "itemPrice": [
                {"priceType": "recurring", "price": {"taxIncludedAmount": {"unit": "EUR", "value": 29.9}}},
            ],
            "product": {
                "productCharacteristic": [
                    {"name": "speed", "value": 987654321},
                    {"name": "colour", "value": "COLOUR"},
                    {"name": "line", "value": "LINE"},
                    {"name": "serial", "value": "SERIAL"},
                ],
                "place": [{"id": "ADDR-NUMBER", "role": "installation address", "@referredType": "GeographicAddress"}],
            },
        },
        {
            "id": "2",
            "action": "add",
            "quantity": 2,
            "productOffering": {"id": "router"},
            "product": {"productCharacteristic": [{"name": "colour", "value": "OTHER"}]},
        },
    ],
}


def created_at(number):
    """Return when the order of a number was made, as the wire says it."""
    return instant_text(BEGIN + timedelta(seconds=number))


def batches(count, seed=1):
    """Yield rows of product_order, so many in all."""
    pick = random.Random(seed)
    made = order_from_wire(BODY).model_copy(update={"id": "IDENTITY", "state": "STATE", "revision": 1})
    text = made.model_dump_json(exclude_none=True, warnings=False)
    for first in range(0, count, AT_ONCE):
        orders = []
        for number in range(first, min(count, first + AT_ONCE)):
            at = BEGIN + timedelta(seconds=number)
            order_id, state = new_id(), pick.choice(STATES)
            values = {
                "IDENTITY": order_id,
                "STATE": state,
                "EXTERNAL": f"CRM-{number}",
                "CATEGORY": "B2B" if number % 5 == 0 else "B2C",
                "PRIORITY": str(pick.randint(0, 4)),
                "2001-01-01T00:00:00Z": instant_text(at + timedelta(hours=pick.randint(1, 2000))),
                "CUSTOMER": f"C-{number % max(1, count // 10)}",
                "987654321": str(pick.choice(SPEEDS)),
                "COLOUR": pick.choice(COLOURS),
                "OTHER": pick.choice(COLOURS),
                "LINE": f"L-{pick.randint(0, 999)}",
                "SERIAL": f"SN-{number}",
                "NUMBER": str(number),
            }
            doc = text
            for mark, value in values.items():
                doc = doc.replace(mark, value)
            doc = doc.replace('"state":', f'"order_date":"{created_at(number)}","state":', 1)
            created = number + 1
            orders.append((order_id, shard_of(order_id), order_id, 1, created, state, values["EXTERNAL"], doc))
        yield orders

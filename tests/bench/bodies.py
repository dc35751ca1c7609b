"""Two accepted TMF622 v4 orders: one of about 0.8 KB, one of about 8.5 KB."""

import json


def _item(number, *, rich):
    product = {
        "productCharacteristic": [
            {"name": "downstreamRate", "valueType": "object", "value": {"amount": 500, "units": "Mbit/s"}}
        ],
        "place": [{"id": "ADDR-1001", "role": "installation address", "@referredType": "GeographicAddress"}],
    }
    item = {
        "id": str(number),
        "action": "add",
        "quantity": 1,
        "productOffering": {"id": "FIBRE-500"},
        "billingAccount": {"id": "BA-1001"},
        "product": product,
    }
    if rich:
        product["productCharacteristic"] += [
            {"name": f"option-{n}", "valueType": "string", "value": f"value {n} of item {number}"} for n in range(4)
        ]
        item["itemPrice"] = [
            {
                "name": "MonthlyFee",
                "priceType": "recurring",
                "recurringChargePeriod": "month",
                "price": {
                    "taxRate": 20,
                    "dutyFreeAmount": {"unit": "EUR", "value": 40.0},
                    "taxIncludedAmount": {"unit": "EUR", "value": 48.0},
                },
            }
        ]
    return item


def order(items, *, rich):
    """Return an order as bytes."""
    return json.dumps(
        {
            "externalId": "bench",
            "category": "consumer",
            "priority": "4",
            "description": "an order of the benchmark",
            "channel": [{"id": "web", "name": "Web shop", "role": "order capture"}],
            "note": [{"id": "1", "author": "bench", "text": "call before you come, the bell is broken"}],
            "requestedStartDate": "2030-03-01T08:00:00Z",
            "requestedCompletionDate": "2030-03-20T08:00:00Z",
            "relatedParty": [{"id": "CUST-1001", "role": "customer", "@referredType": "Customer"}],
            "productOrderItem": [_item(number, rich=rich) for number in range(1, items + 1)],
        },
        separators=(",", ":"),
    ).encode()


BODIES = {"small": order(1, rich=False), "large": order(10, rich=True)}

if __name__ == "__main__":
    for name, body in BODIES.items():
        print(name, len(body), "bytes")

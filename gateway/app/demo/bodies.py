"""TMF622 and TMF641 bodies of the demonstration, built from the simulated landscape's catalogue and customers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = [
    "added",
    "changed",
    "country_code_missing",
    "mended",
    "outside_service_order",
    "product_order",
    "rate",
    "swapped_price",
]

Wire = dict[str, Any]


def product_order(name: str, customer: int, items: Sequence[Wire], **more: Any) -> Wire:
    """Return an order of customer CUST-<customer>, to start today and be done within five days."""
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        "externalId": name,
        "description": more.pop("description", name),
        "requestedStartDate": now.isoformat(),
        "requestedCompletionDate": (now + timedelta(days=5)).isoformat(),
        "relatedParty": [{"id": f"CUST-{customer}", "role": "customer", "@referredType": "Customer"}],
        "productOrderItem": list(items),
        **more,
    }


def rate(mbit: int) -> Wire:
    """Return a downstream rate as the catalogue sells it."""
    return {"name": "downstreamRate", "valueType": "object", "value": {"amount": mbit, "units": "Mbit/s"}}


def added(
    item_id: str,
    offering: str,
    customer: int,
    *,
    place: int | None = None,
    characteristics: Sequence[Wire] = (),
    relies_on: str | None = None,
    bundles: Sequence[str] = (),
    price: Wire | None = None,
) -> Wire:
    """Return an item that adds a product, charged to the customer's own account."""
    product: Wire = {}
    if characteristics:
        product["productCharacteristic"] = list(characteristics)
    if place is not None:
        product["place"] = [
            {"id": f"ADDR-{place}", "role": "installation address", "@referredType": "GeographicAddress"}
        ]
    links = [{"id": relies_on, "relationshipType": "reliesOn"}] if relies_on else []
    links += [{"id": child, "relationshipType": "bundles"} for child in bundles]
    item: Wire = {
        "id": item_id,
        "action": "add",
        "quantity": 1,
        "productOffering": {"id": offering},
        "billingAccount": {"id": f"BA-{customer}"},
        "product": product,
    }
    if links:
        item["productOrderItemRelationship"] = links
    if price is not None:
        item["itemPrice"] = [price]
    return item


def changed(item_id: str, action: str, product: str, offering: str, **wanted: Any) -> Wire:
    """Return an item that modifies or deletes a product the customer has."""
    return {
        "id": item_id,
        "action": action,
        "quantity": 1,
        "productOffering": {"id": offering},
        "product": {"id": product, **wanted},
    }


def outside_service_order(
    product_order_id: str, item_id: str, specification: str, characteristics: Sequence[Wire], place: int | None = None
) -> Wire:
    """Return a service order as an outside order manager sends it for an item that it decomposed itself."""
    names = {"name": "productOrderItemId", "valueType": "string", "value": item_id}
    service: Wire = {
        "state": "active",
        "serviceSpecification": {"id": specification},
        "serviceCharacteristic": [names, *characteristics],
    }
    if place is not None:
        service["place"] = [{"id": f"ADDR-{place}", "role": "installation address", "@type": "GeographicAddress"}]
    return {
        "externalId": product_order_id,
        "description": "from the outside order manager",
        "serviceOrderItem": [{"id": "1", "action": "add", "service": service}],
    }


def swapped_price() -> Wire:
    """Return a recurring price of 40 net and 48 gross with the two exchanged."""
    return {
        "name": "MonthlyFee",
        "priceType": "recurring",
        "recurringChargePeriod": "month",
        "price": {
            "taxRate": 20,
            "dutyFreeAmount": {"unit": "EUR", "value": 48.0},
            "taxIncludedAmount": {"unit": "EUR", "value": 40.0},
        },
    }


def country_code_missing() -> Wire:
    """Return an order like the example that TM Forum publishes: valid by its schema, and yet not meant as written.

    It asks to be done a day before it starts, its number has no country, and items lack a billing account.
    """
    euro = {"unit": "EUR"}
    return {
        "externalId": "first-contact",
        "category": "consumer",
        "description": "A mobile line with a tariff plan, as a first message from a web shop",
        "priority": "1",
        "requestedStartDate": "2019-05-03T08:13:59.506Z",
        "requestedCompletionDate": "2019-05-02T08:13:59.506Z",
        "relatedParty": [
            {"id": "456-dd-df45", "role": "Seller", "@referredType": "Individual"},
            {"id": "ff55-hjy4", "role": "Customer", "@referredType": "Customer"},
        ],
        "productOrderItem": [
            {
                "id": "100",
                "action": "add",
                "quantity": 1,
                "productOffering": {"id": "14277"},
                "productOrderItemRelationship": [
                    {"id": child, "relationshipType": "bundles"} for child in ("110", "120", "130")
                ],
            },
            {
                "id": "110",
                "action": "add",
                "quantity": 1,
                "productOffering": {"id": "14305"},
                "product": {
                    "isBundle": False,
                    "productCharacteristic": [{"name": "TEL_MSISDN", "valueType": "string", "value": "415 279 7439"}],
                },
                "itemPrice": [
                    {
                        "name": "Access Fee",
                        "priceType": "nonRecurring",
                        "price": {
                            "taxRate": 0,
                            "dutyFreeAmount": {**euro, "value": 0.99},
                            "taxIncludedAmount": {**euro, "value": 0.99},
                        },
                    }
                ],
            },
            {
                "id": "120",
                "action": "add",
                "quantity": 1,
                "productOffering": {"id": "14344"},
                "billingAccount": {"id": "1513"},
                "product": {"isBundle": False},
                "productOrderItemRelationship": [{"id": "110", "relationshipType": "reliesOn"}],
                "itemPrice": [
                    {
                        "name": "MonthlyFee",
                        "priceType": "recurring",
                        "recurringChargePeriod": "month",
                        "price": {
                            "taxRate": 0,
                            "dutyFreeAmount": {**euro, "value": 20},
                            "taxIncludedAmount": {**euro, "value": 20},
                        },
                        "priceAlteration": [
                            {
                                "name": "WelcomeDiscount",
                                "priceType": "recurring",
                                "recurringChargePeriod": "month",
                                "applicationDuration": 3,
                                "priority": 1,
                                "price": {"percentage": 20, "taxRate": 0},
                            }
                        ],
                    }
                ],
            },
            {
                "id": "130",
                "action": "add",
                "quantity": 1,
                "productOffering": {"id": "14354"},
                "product": {
                    "isBundle": False,
                    "productCharacteristic": [{"name": "CoverageOptions", "valueType": "string", "value": "National"}],
                },
                "productOrderItemRelationship": [{"id": "110", "relationshipType": "reliesOn"}],
            },
        ],
    }


def mended(order: Wire) -> Wire:
    """Return the order with just what was refused corrected: dates, number, billing accounts."""
    items = [{**item, "billingAccount": {"id": "1513"}} for item in order["productOrderItem"]]
    number = {"name": "TEL_MSISDN", "valueType": "string", "value": "+14152797439"}
    items[1] = {**items[1], "product": {**items[1]["product"], "productCharacteristic": [number]}}
    return {
        **order,
        "requestedStartDate": order["requestedCompletionDate"],
        "requestedCompletionDate": order["requestedStartDate"],
        "productOrderItem": items,
    }

"""A trace in v4 wire, told again in v5 wire."""

from typing import Any

from tests.traces.story import Story

__all__ = ["to_v5"]

TYPES = {
    "productOrder": "ProductOrder", "productOrderItem": "ProductOrderItem", "product": "Product", "productOffering": "ProductOfferingRef",
    "billingAccount": "BillingAccountRef", "itemPrice": "OrderPrice", "price": "Price", "priceAlteration": "PriceAlteration",
    "productOrderItemRelationship": "OrderItemRelationship", "serviceOrders": "ServiceOrder", "serviceOrderItem": "ServiceOrderItem",
    "service": "Service", "serviceSpecification": "ServiceSpecificationRef", "appliedCustomerBillingRates": "AppliedCustomerBillingRate",
    "customerBills": "CustomerBill", "bill": "CustomerBillRef", "appliedTax": "AppliedBillingTaxRate", "taxItem": "TaxItem",
}  # fmt: skip
RENAMED = {
    "productOrder": {"orderDate": "creationDate"},
    "appliedCustomerBillingRates": {"type": "appliedBillingRateType"},
}
PARTS = ("productOrder", "serviceOrders", "appliedCustomerBillingRates", "customerBills")


def _typed(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(key, one) for one in value]
    if not isinstance(value, dict):
        return value
    if key in {"productCharacteristic", "serviceCharacteristic", "characteristic"}:
        return _characteristic(value)
    if key == "relatedParty":
        party = {"id": value["id"], "@type": "PartyRef", "@referredType": value["@referredType"]}
        return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": value["role"], "partyOrPartyRole": party}
    if key == "place":
        place = {"id": value["id"], "@type": "PlaceRef", "@referredType": "GeographicAddress"}
        return {"@type": "RelatedPlaceRefOrValue", "role": value["role"], "place": place}
    renamed = RENAMED.get(key, {})
    said = {renamed.get(name, name): _typed(name, one) for name, one in value.items()}
    return {"@type": TYPES[key], **said} if key in TYPES else said


def _characteristic(value: dict[str, Any]) -> dict[str, Any]:
    kinds = {str: "StringCharacteristic", int: "IntegerCharacteristic", float: "NumberCharacteristic"}
    return {"@type": kinds.get(type(value["value"]), "ObjectCharacteristic"), **value}


def to_v5(trace: dict[str, Any], story: Story) -> dict[str, Any]:
    """Return the trace in v5 wire. A service order item has no state where its author reads the document to the letter."""
    told = {**trace, "version": "v5"}
    for part in PARTS:
        if part in told:
            told[part] = _typed(part, told[part])
    order = told["productOrder"]
    order["externalId"] = [
        {
            "@type": "ExternalIdentifier",
            "id": order["externalId"],
            "owner": "shop",
            "externalIdentifierType": "POnumber",
        }
    ]
    for service_order in told.get("serviceOrders", ()):
        outside = {
            "@type": "ExternalReference",
            "id": service_order.pop("externalId"),
            "externalReferenceType": "productOrder",
        }
        if story.says("reference", default=True):
            service_order["externalReference"] = [outside]
        if not story.says("item_states", default=True):
            for item in service_order["serviceOrderItem"]:
                del item["state"]
    return told

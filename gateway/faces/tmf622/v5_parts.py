"""TMF622 v5.0 (Product Ordering): the tables of what its orders are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.canonical.common import Alteration, ExternalId, ItemRef, Price, Relationship
from gateway.canonical.order import Product, ProductOrderItem
from gateway.canonical.states import OrderState, ProductStatus
from gateway.faces.common_v5 import (
    ACTION,
    CHARACTERISTIC,
    ITEM_STATE,
    PARTY,
    PLACE,
    errors,
    jeopardy_alerts,
    milestones,
    party,
    ref,
)
from gateway.faces.rows import Amount, Coded, Inline, Many, Number, One, Row
from gateway.faces.typed import Carried, TypedInline
from gateway.faces.typed_shape import TypedShape

__all__ = [
    "BILLING_ACCOUNT",
    "CARRIED_BY_ORDERS",
    "ERROR",
    "EXTERNAL_ID",
    "INITIAL_STATE",
    "ITEM",
    "JEOPARDY_ALERT",
    "MILESTONE",
    "ORDER_RELATIONSHIP",
    "ORDER_STATE",
    "PARTY",
    "PRICE",
    "PRODUCT",
    "STATUS",
    "ExternalIds",
]

ORDER_STATE = {state: state.value for state in OrderState}

INITIAL_STATE = ITEM_STATE | {OrderState.DRAFT: "draft"}
"""What a new order may ask to start as: v5 names `acknowledged` and `draft` alone, the model any state."""

STATUS = {status.value: status.value for status in ProductStatus} | {
    ProductStatus.ABORTED.value: "aborted ",  # TMF622 v5 spells it with a trailing blank; clients compare bytes
}

STATUS_ALIASES = {"aborted": ProductStatus.ABORTED.value}
"""What reads as a status without being one of the document's words."""

BILLING_ACCOUNT = ref("BillingAccountRef")

_OFFERING_PRICE = Carried("ProductOfferingPriceRef")
_ACCOUNT = Carried("BillingAccountRef")
_PRICE = Carried("Price")
_ALTERATION = Carried("PriceAlteration", inner={"price": _PRICE, "productOfferingPrice": _OFFERING_PRICE})
_ORDER_PRICE = Carried(
    "OrderPrice",
    inner={
        "price": _PRICE,
        "priceAlteration": _ALTERATION,
        "productOfferingPrice": _OFFERING_PRICE,
        "billingAccount": _ACCOUNT,
    },
)
_QUALIFICATION = Carried("ProductOfferingQualificationRef")
_PAYMENT = Carried("PaymentRef")

CARRIED_BY_ORDERS = {
    "agreement": Carried("AgreementRef"),
    "channel": Carried("RelatedChannel", nested="channel", nested_word="ChannelRef"),  # v4 has the channel flat
    "orderTotalPrice": _ORDER_PRICE,
    "payment": _PAYMENT,
    "productOfferingQualification": _QUALIFICATION,
    "quote": Carried("QuoteRef"),
}

_CARRIED_BY_ITEMS = {
    "itemTerm": Carried("OrderTerm"),
    "itemTotalPrice": _ORDER_PRICE,
    "note": Carried("Note"),
    "payment": _PAYMENT,
    "qualification": _QUALIFICATION,
    "productOfferingQualificationItem": Carried("ProductOfferingQualificationItemRef", renamed={"itemId": "id"}),
    "quoteItem": Carried("QuoteItemRef", renamed={"quoteItemId": "id"}),
}

_CARRIED_BY_PRODUCTS = {
    "agreementItem": Carried("AgreementItemRef"),
    "billingAccount": _ACCOUNT,
    "productOffering": Carried("ProductOfferingRef"),
    "productOrderItem": Carried(
        "RelatedOrderItem", renamed={"orderId": "productOrderId", "orderHref": "productOrderHref"}
    ),
    "productPrice": Carried(
        "ProductPrice",
        inner={
            "price": _PRICE,
            "priceAlteration": _ALTERATION,
            "productOfferingPrice": _OFFERING_PRICE,
            "billingAccount": _ACCOUNT,
        },
        renamed={"priceAlteration": "productPriceAlteration"},
    ),
    "productRelationship": Carried("ProductRelationship", lifted="product"),  # v4 has a product of its own in it
    "productTerm": Carried("ProductTerm"),
    "realizingResource": Carried("ResourceRef"),
    "realizingService": Carried("ServiceRef"),
}


@dataclass(frozen=True)
class ExternalIds(Many):
    """`externalId`: objects with owner and type; one text without them, as in v4, is read too."""

    def reader(self) -> Callable[[Any], Any]:
        """Objects, or a text, to identifiers."""
        read = super().reader()
        return lambda value: read([{"id": value}] if isinstance(value, str) else value)


EXTERNAL_ID = TypedShape(
    ExternalId,
    {"id": "value", "owner": "issuer", "externalIdentifierType": "scheme"},
    word="ExternalIdentifier",
)

_MONEY: dict[str, Row] = {
    "percentage": Number("percentage"),
    "taxRate": Number("tax_rate"),
    "dutyFreeAmount": Amount("net"),
    "taxIncludedAmount": Amount("gross"),
}


def _price(*, always: bool = False) -> Inline:
    return TypedInline(rows=_MONEY, member="price", word="Price", always=always)


ALTERATION = TypedShape(
    Alteration,
    {
        "name": "name",
        "description": "description",
        "priceType": "price_type",
        "recurringChargePeriod": "period",
        "applicationDuration": "duration",
        "price": _price(always=True),
    },
    word="PriceAlteration",
    carried={"productOfferingPrice": _OFFERING_PRICE},
)

PRICE = TypedShape(
    Price,
    {
        "name": "name",
        "description": "description",
        "priceType": "price_type",
        "recurringChargePeriod": "period",
        "unitOfMeasure": "unit_of_measure",
        "price": _price(),
        "priceAlteration": Many("alterations", shape=ALTERATION),
    },
    word="OrderPrice",
    carried={"productOfferingPrice": _OFFERING_PRICE, "billingAccount": _ACCOUNT},
)

PRODUCT = TypedShape(
    Product,
    {
        "id": "id",
        "href": "href",
        "name": "name",
        "status": Coded("status", table=STATUS, aliases=STATUS_ALIASES, target="product-status"),
        "isBundle": "is_bundle",
        "productSerialNumber": "serial",
        "productSpecification": One("specification", shape=ref("ProductSpecificationRef")),
        "productCharacteristic": Many("characteristics", shape=CHARACTERISTIC),
        "place": Many("places", shape=PLACE),
        "relatedParty": Many("parties", shape=party("RelatedPartyOrPartyRole")),
    },
    word="Product",
    carried=_CARRIED_BY_PRODUCTS,
)

ITEM = TypedShape(
    ProductOrderItem,
    {
        "id": "id",
        "action": Coded("action", table=ACTION, target="action"),
        "quantity": "quantity",
        "state": Coded("state", table=ITEM_STATE, target="item-state"),
        "productOffering": One("offering", shape=ref("ProductOfferingRef")),
        "product": One("product", shape=PRODUCT),
        "billingAccount": One("billing_account", shape=BILLING_ACCOUNT),
        "appointment": One("appointment", shape=ref("AppointmentRef")),
        "itemPrice": Many("prices", shape=PRICE),
        "productOrderItemRelationship": Many(
            "relationships",
            shape=TypedShape(
                Relationship,
                {"id": "id", "relationshipType": "type"},
                word="OrderItemRelationship",
                foreign=frozenset({"ProductOrderItemRelationship"}),  # v4
            ),
        ),
    },
    word="ProductOrderItem",
    carried=_CARRIED_BY_ITEMS,
)
ITEM.add("productOrderItem", Many("items", shape=ITEM))

ITEM_REF = TypedShape(
    ItemRef,
    {
        "productOrderItemId": "item_id",
        "productOrderId": "order_id",
        "ProductOrderHref": "order_href",  # the document begins it with a capital
        "@referredType": "referred_type",
    },
    word="ProductOrderItemRef",
)

MILESTONE = milestones("ProductOrderMilestone", "productOrderItem", ITEM_REF)
JEOPARDY_ALERT = jeopardy_alerts("ProductOrderJeopardyAlert", "productOrderItem", ITEM_REF)
ERROR = errors("ProductOrderErrorMessage", "productOrderItem", ITEM_REF)

ORDER_RELATIONSHIP = TypedShape(Relationship, {"id": "id", "relationshipType": "type"}, word="OrderRelationship")

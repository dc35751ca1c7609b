"""Reading and saying again: nothing is lost between the wire and the model."""

import pytest

from gateway.faces.checks import body_check, for_patch
from gateway.faces.tmf622 import v4 as tmf622
from gateway.faces.tmf641 import v4 as tmf641
from gateway.faces.tmf678 import v4 as tmf678
from gateway.ports.errors import FaceError

PRODUCT_ORDER = {
    "id": "o1", "href": "/x/productOrder/o1", "state": "inProgress", "externalId": "E", "orderDate": "2026-03-01T09:00:00Z",
    "requestedStartDate": "2026-03-02T00:00:00.500+01:00", "@type": "T", "odd": {"deep": [1, None]},
    "relatedParty": [{"id": "p", "role": "customer", "@referredType": "C", "extra": True}],
    "note": [{"id": "n", "text": "hello", "date": "2026-03-01T09:00:00Z"}],
    "productOrderItem": [
        {
            "id": "1", "action": "add", "quantity": 2, "state": "held",
            "product": {
                "status": "aborted ", "isBundle": False,
                "productCharacteristic": [{"name": "speed", "value": {"down": 100}, "valueType": "object"}],
            },
            "itemPrice": [{"priceType": "recurring", "price": {"taxIncludedAmount": {"unit": "EUR", "value": 19.9}, "taxRate": 19}}],
            "productOrderItem": [{"id": "1.1", "action": "add", "strange": "x"}],
        }
    ],
}  # fmt: skip
SERVICE_ORDER = {
    "id": "s1", "href": "/x/serviceOrder/s1", "state": "acknowledged", "odd": 1,
    "orderRelationship": [{"id": "p1", "relationshipType": "fulfils", "@referredType": "ProductOrder"}],
    "serviceOrderItem": [
        {
            "id": "1", "action": "modify",
            "service": {"id": "svc", "state": "active", "serviceCharacteristic": [{"name": "vlan", "value": 7}], "unknown": []},
            "serviceOrderItemRelationship": [{"relationshipType": "reliesOn", "orderItem": {"id": "2", "itemId": "2"}}],
        }
    ],
}  # fmt: skip
BILL = {
    "id": "b1", "href": "/x/customerBill/b1", "state": "onHold", "amountDue": {"unit": "EUR", "value": 12345678.91},
    "billingPeriod": {"startDateTime": "2026-02-01T00:00:00+01:00", "endDateTime": "2026-03-01T00:00:00+01:00"},
    "taxItem": [{"taxCategory": "VAT", "taxRate": 19, "taxAmount": {"unit": "EUR", "value": 1.9}}], "billDocument": [{"id": "d"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("wire", "read", "say"),
    [
        (PRODUCT_ORDER, tmf622.order_from_wire, tmf622.order_to_wire),
        (SERVICE_ORDER, tmf641.order_from_wire, tmf641.order_to_wire),
        (BILL, tmf678.bill_from_wire, tmf678.bill_to_wire),
    ],
    ids=["product order", "service order", "bill"],
)
def test_round_trip(wire, read, say):
    model = read(wire)
    assert say(model, "/x") == wire
    assert read(say(model, "/x")) == model


def test_aborted_has_its_trailing_blank_on_the_wire_only():
    order = tmf622.order_from_wire(PRODUCT_ORDER)
    assert order.items[0].product.status == "aborted"
    assert tmf622.order_to_wire(order)["productOrderItem"][0]["product"]["status"] == "aborted "


def test_a_value_that_does_not_convert_is_kept_as_it_came():
    wire = {"productOrderItem": [{"id": "1", "action": "add", "quantity": "many", "product": {"status": "melted"}}]}
    assert tmf622.order_to_wire(tmf622.order_from_wire(wire))["productOrderItem"] == wire["productOrderItem"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("product_order.items[1].offering.id", "productOrderItem[1].productOffering.id"),
        ("items[0].prices[0].gross.amount", "productOrderItem[0].itemPrice[0].price.taxIncludedAmount.value"),
        ("", ""),
    ],
)
def test_canonical_paths_in_wire_words(path, said):
    assert tmf622.wire_path(path) == said


def test_members_named_like_keywords_are_checked():
    named = {
        "type": "object",
        "properties": {
            name: {"type": "string"} for name in ("description", "example", "discriminator", "title", "default")
        },
    }
    for compile_check in (body_check, for_patch):
        check = compile_check({"components": {"schemas": {}}}, named)
        check({"description": "x"})
        for name in named["properties"]:
            with pytest.raises(FaceError, match=name):
                check({name: 7})

"""The faces take and refuse what TM Forum publishes as examples, as the list beside its bodies says."""

from pathlib import Path

import pytest

from gateway.canonical.bill import Bill
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import BillState, ItemAction, OrderState
from gateway.faces.application import FACES
from gateway.faces.documents import load_document, operations_of
from tests.openapi.examples import EXAMPLES

DOCUMENTS = Path(__file__).parents[2] / "openapi"
SPOKES = {face.spoke.face: face.spoke for face in FACES}
ITEM = ProductOrderItem(id="1", action=ItemAction.ADD)
STORED = {
    "patchProductOrder": (
        ResourceKind.PRODUCT_ORDER,
        ProductOrder(id="1", state=OrderState.ACKNOWLEDGED, revision=1, items=(ITEM,)),
    ),
    "patchServiceOrder": (ResourceKind.SERVICE_ORDER, ServiceOrder(id="1", state=OrderState.ACKNOWLEDGED, revision=1)),
    "patchCustomerBill": (ResourceKind.CUSTOMER_BILL, Bill(id="1", state=BillState.NEW, revision=1)),
}
STEPS = ("application/json-patch+json", "application/json-patch-query+json")
REQUESTS = [one for one in EXAMPLES if one.is_request]


def place(example):
    spoke = SPOKES[example.face]
    for path, method, operation in operations_of(load_document(DOCUMENTS / spoke.document)):
        if operation["operationId"] == example.operation:
            return method, spoke.base + path.replace("{id}", "1")
    raise LookupError(example.operation)


@pytest.mark.parametrize("example", REQUESTS, ids=lambda one: one.name.replace(" ", "-"))
async def test_the_gateway_says_what_the_list_says(faces, example):
    if example.operation in STORED:
        faces.memory.keep(*STORED[example.operation])
    method, address = place(example)
    answer = await faces.http.request(method, address, json=example.body, headers={"Content-Type": example.media})
    if example.by_gateway == "refused":
        assert answer.status_code == 400
        assert [name for name in example.refused["at"] if name not in answer.text] == []
    elif example.media in STEPS:
        assert answer.status_code in {200, 422}, answer.text  # it may lead to what the order here does not have
    else:
        assert answer.status_code in {200, 201, 204}, answer.text

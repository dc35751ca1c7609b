"""Where TM Forum's documents contradict themselves, one test each: what the faces take, and what they say."""

import pytest

from gateway.canonical.bill import Bill
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.reference import Policy
from gateway.canonical.states import BillState, OrderState
from gateway.faces.tmf641.v5 import NOT_DEMANDED, PREFERENCES
from gateway.lifecycle.rollup import roll_up

pytestmark = pytest.mark.usefixtures("checked")

API = "/tmf-api"
ORDERS = {version: f"{API}/productOrderingManagement/{version}/productOrder" for version in ("v4", "v5")}
SERVICE_ORDERS = {version: f"{API}/serviceOrdering/{version}/serviceOrder" for version in ("v4", "v5")}
BILLS = f"{API}/customerBillManagement/v5/customerBill"
AS_OBJECT = {"Prefer": "item-state=object"}
LINE = {"id": "1", "action": "add", "service": {"@type": "Service", "state": "active", "serviceDate": "2026-03-01"}}
SERVICE_ORDER = {
    "@type": "ServiceOrder",
    "serviceOrderItem": [
        LINE
        | {
            "@type": "ServiceOrderItem",
            "service": LINE["service"] | {"serviceSpecification": {"id": "S", "@type": "ServiceSpecificationRef"}},
        }
    ],
}


@pytest.fixture
def http(faces):
    return faces.http


@pytest.mark.parametrize("version", ["v4", "v5"])
@pytest.mark.parametrize(("word", "status"), [("aborted ", 201), ("aborted", 400)])
async def test_aborted_ends_in_a_blank_in_both_versions(http, version, word, status):
    product = {"@type": "Product", "status": word}
    item = {"@type": "ProductOrderItem", "id": "1", "action": "add", "product": product}
    made = await http.post(ORDERS[version], json={"@type": "ProductOrder", "productOrderItem": [item]})
    assert made.status_code == status
    if status == 201:
        assert made.json()["productOrderItem"][0]["product"]["status"] == "aborted "


async def test_a_bill_is_partially_paid_as_the_list_has_it_and_not_as_the_prose_has(http, faces):
    faces.memory.keep(ResourceKind.CUSTOMER_BILL, Bill(id="B", state=BillState.SENT, revision=1))
    assert (await http.patch(f"{BILLS}/B", json={"state": "partiallySettled"})).status_code == 400
    assert (await http.patch(f"{BILLS}/B", json={"state": "partiallyPaid"})).json()["state"] == "partiallyPaid"


@pytest.mark.parametrize(
    ("path", "member", "word"),
    [
        ("productOrderingManagement/v4/cancelProductOrder", "productOrder", "acknowledged"),
        ("productOrderingManagement/v5/cancelProductOrder", "productOrder", "acknowledged"),
        ("serviceOrdering/v4/cancelServiceOrder", "serviceOrder", "accepted"),
        ("serviceOrdering/v5/cancelServiceOrder", "serviceOrder", "acknowledged"),
    ],
)
async def test_a_cancel_task_begins_in_the_word_of_its_document(http, path, member, word):
    name = member[0].upper() + member[1:]
    task = {"@type": f"Cancel{name}", member: {"id": "o1", "@type": f"{name}Ref"}}
    made = await http.post(f"{API}/{path}", json=task)
    assert (made.status_code, made.json()["state"]) == (201, word)


@pytest.mark.parametrize(
    ("named", "status"), [(["serviceOrder"], 201), (["serviceOrder", "ServiceOrder"], 201), (["ServiceOrder"], 400)]
)
async def test_a_cancel_task_names_its_order_once_though_the_document_lists_it_twice(http, named, status):
    assert {"CancelServiceOrder_FVO": {"ServiceOrder"}} == NOT_DEMANDED
    task = {"@type": "CancelServiceOrder"} | {key: {"id": "o1", "@type": "ServiceOrderRef"} for key in named}
    made = await http.post(f"{API}/serviceOrdering/v5/cancelServiceOrder", json=task)
    assert made.status_code == status, made.text
    if status == 201:
        assert made.json()["serviceOrder"]["id"] == "o1"


@pytest.mark.parametrize("sent", ["held", {"@type": "ServiceOrderItemStateType", "id": "held"}], ids=["word", "object"])
async def test_the_state_of_a_line_is_taken_as_a_word_and_as_an_object(http, faces, sent):
    lines = [SERVICE_ORDER["serviceOrderItem"][0] | {"state": sent}]
    made = await http.post(SERVICE_ORDERS["v5"], json=SERVICE_ORDER | {"serviceOrderItem": lines})
    assert made.status_code == 201, made.text
    stored = faces.memory.stored[ResourceKind.SERVICE_ORDER, made.json()["id"]]
    assert stored.items[0].state is OrderState.HELD
    assert made.json()["serviceOrderItem"][0]["state"] == "held"


async def test_the_state_of_a_line_is_an_object_for_who_asks_for_it(http):
    assert set(PREFERENCES) == {"item-state=object"}
    inner = SERVICE_ORDER["serviceOrderItem"][0] | {"id": "1.1", "state": "completed"}
    lines = [SERVICE_ORDER["serviceOrderItem"][0] | {"state": "held", "serviceOrderItem": [inner]}]
    made = await http.post(SERVICE_ORDERS["v5"], json=SERVICE_ORDER | {"serviceOrderItem": lines}, headers=AS_OBJECT)
    at = f"{SERVICE_ORDERS['v5']}/{made.json()['id']}"
    answers = [
        made,
        await http.get(at, headers={"Prefer": 'respond-async, Item-State="object"; strict'}),
        await http.patch(at, json={"description": "hurry"}, headers=AS_OBJECT),
        await http.get(SERVICE_ORDERS["v5"], headers=AS_OBJECT),
    ]
    for answer in answers:
        assert answer.is_success, answer.text
        assert answer.headers["Preference-Applied"] == "item-state=object"
        order = answer.json()[0] if isinstance(answer.json(), list) else answer.json()
        line = order["serviceOrderItem"][0]
        assert line["state"] == {"@type": "ServiceOrderItemStateType", "id": "held"}
        assert line["serviceOrderItem"][0]["state"] == {"@type": "ServiceOrderItemStateType", "id": "completed"}
        assert isinstance(order["state"], str)
    plain = await http.get(at, headers={"Prefer": "item-state=number, return=minimal"})
    assert plain.json()["serviceOrderItem"][0]["state"] == "held"
    assert "Preference-Applied" not in plain.headers
    former = await http.get(at.replace("/v5/", "/v4/"), headers=AS_OBJECT)  # whose document has a word
    assert former.json()["serviceOrderItem"][0]["state"] == "held"


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one]], ids=["one", "array"])
@pytest.mark.parametrize("media", ["application/json-patch-query+json", "application/json-patch+json"])
async def test_a_patch_is_one_operation_or_an_array_of_them(http, faces, wrap, media):
    faces.memory.keep(ResourceKind.CUSTOMER_BILL, Bill(id="B", state=BillState.NEW, revision=1))
    step = {"op": "replace", "path": "/state", "value": "onHold"}
    patched = await http.patch(f"{BILLS}/B", json=wrap(step), headers={"Content-Type": media})
    assert (patched.status_code, patched.json()["state"]) == (200, "onHold")


def test_completed_and_failed_lines_make_a_partial_order_unless_the_landscape_says_failed():
    ended = [OrderState.COMPLETED, OrderState.FAILED]
    assert roll_up(ended, Policy().roll_up) is OrderState.PARTIAL
    assert roll_up(ended, "failed") is OrderState.FAILED

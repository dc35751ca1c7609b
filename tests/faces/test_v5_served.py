"""The v5 faces of orders beside those of v4, over HTTP: one stored order, seen and changed through both."""

from pathlib import Path

import pytest

from gateway.canonical.states import OrderState
from gateway.faces.documents import load_document

pytestmark = pytest.mark.usefixtures("checked")

PAIRS = Path(__file__).parent / "pairs"
ORDERS = "/tmf-api/productOrderingManagement/v5/productOrder"
OLD_ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
SERVICE_ORDERS = "/tmf-api/serviceOrdering/v5/serviceOrder"


@pytest.fixture
def http(faces):
    return faces.http


async def test_v4_may_change_what_lacks_something_that_it_demands_of_its_own_clients(http, body):
    place = {"place": {"id": "A", "@type": "PlaceRef"}, "@type": "RelatedPlaceRefOrValue"}  # v4 demands a role
    item = body["productOrderItem"][1]
    classes = {"@type": "VendorLine", "@baseType": "Product"}  # a class of somebody's own says itself what it needs
    items = [item | {"product": item["product"] | classes | {"place": [place]}}]
    order = (await http.post(ORDERS, json=body | {"productOrderItem": items})).json()
    patched = await http.patch(f"{OLD_ORDERS}/{order['id']}", json={"description": "as agreed"})
    assert patched.status_code == 200, patched.text
    refused = await http.patch(f"{OLD_ORDERS}/{order['id']}", json={"productOrderItem": [{"id": "1"}]})
    assert refused.status_code == 400


@pytest.fixture
def body():
    wire = load_document(PAIRS / "product_order.yaml")["v5"]
    return {key: value for key, value in wire.items() if key not in ("id", "state", "creationDate")}


async def test_an_order_goes_from_one_version_to_the_other(http, faces, body):
    made = await http.post(ORDERS, json=body)
    assert made.status_code == 201, made.text
    order = made.json()
    assert order["@type"] == "ProductOrder"
    assert made.headers["location"] == order["href"] == f"http://gateway.test{ORDERS}/{order['id']}"
    seen = (await http.get(f"{OLD_ORDERS}/{order['id']}")).json()
    assert seen["externalId"] == "CRM-4711"
    assert seen["relatedParty"][0] == {
        "id": "C-1",
        "role": "customer",
        "name": "Ada Okafor",
        "@referredType": "Customer",
    }
    patched = await http.patch(f"{OLD_ORDERS}/{order['id']}", json={"description": "as agreed"})
    assert patched.status_code == 200, patched.text
    again = (await http.get(f"{ORDERS}/{order['id']}")).json()
    assert again == order | {"description": "as agreed"}
    changed = await http.patch(
        f"{ORDERS}/{order['id']}", json={"priority": "1"}, headers={"Content-Type": "application/merge-patch+json"}
    )
    assert changed.json()["priority"] == "1"


async def test_a_list_is_filtered_in_the_words_of_v5(http, faces, body):
    for description in ("one", "two"):
        assert (await http.post(ORDERS, json=body | {"description": description})).status_code == 201
    for query in (
        "externalId.id=CRM-4711",
        "description=one,two",
        "relatedParty.partyOrPartyRole.id=C-1",
        "relatedParty.role=customer",
    ):
        found = await http.get(f"{ORDERS}?{query}")
        assert found.status_code == 200, found.text
        assert len(found.json()) == 2, query
    assert len((await http.get(f"{ORDERS}?limit=1")).json()) == 1
    assert (await http.get(f"{ORDERS}?limit=1")).status_code == 200
    assert (await http.get(f"{ORDERS}?orderDate=x")).status_code == 400


async def test_a_draft_is_shown_by_v5_of_622_alone(http, faces, body):
    order = (await http.post(ORDERS, json=body)).json()
    for (kind, key), one in list(faces.memory.stored.items()):
        faces.memory.stored[kind, key] = one.model_copy(update={"state": OrderState.DRAFT})
    assert (await http.get(f"{ORDERS}/{order['id']}")).json()["state"] == "draft"
    assert (await http.get(f"{OLD_ORDERS}/{order['id']}")).status_code == 404


async def test_a_body_without_its_class_is_refused(http, body):
    refused = await http.post(ORDERS, json={key: value for key, value in body.items() if key != "@type"})
    assert refused.status_code == 400
    assert "@type" in refused.text


async def test_a_service_order_of_v5_is_taken_in(http, faces):
    specification = {"id": "S", "@type": "ServiceSpecificationRef"}
    service = {
        "@type": "Service",
        "state": "active",
        "serviceDate": "2026-03-01",
        "serviceSpecification": specification,
    }
    item = {"id": "1", "action": "add", "state": "acknowledged", "service": service, "@type": "ServiceOrderItem"}
    made = await http.post(SERVICE_ORDERS, json={"@type": "ServiceOrder", "serviceOrderItem": [item]})
    assert made.status_code == 201, made.text
    assert made.json()["serviceOrderItem"] == [item]


async def test_listeners_come_and_go_in_v5(http, faces):
    hub = "/tmf-api/serviceOrdering/v5/hub"
    made = await http.post(hub, json={"@type": "Hub", "callback": "http://listener.example/x"})
    assert made.status_code == 201, made.text
    assert made.json()["@type"] == "Hub"
    assert [one.face for one in faces.memory.listeners.values()] == ["tmf641-v5"]
    told = {"@type": "ServiceOrderCreateEvent", "eventId": "e"}
    assert (
        await http.post("/tmf-api/serviceOrdering/v5/listener/serviceOrderCreateEvent", json=told)
    ).status_code == 204
    assert (await http.delete(f"{hub}/{made.json()['id']}")).status_code == 204


async def test_fields_choose_what_is_shown_of_a_list_and_of_what_was_just_made_or_changed(http, body):
    always = {"id", "href", "@type"}
    made = await http.post(f"{ORDERS}?fields=state", json=body)
    assert set(made.json()) == always | {"state"}
    changed = await http.patch(f"{ORDERS}/{made.json()['id']}?fields=none", json={"description": "as agreed"})
    assert set(changed.json()) == always
    (listed,) = (await http.get(f"{ORDERS}?fields=description&description.regex=agreed$")).json()
    assert set(listed) == always | {"description"}


async def test_a_filter_finds_the_same_orders_through_both_faces(http, body):
    await http.post(ORDERS, json=body)
    for asked, names in (
        ("relatedParty.partyOrPartyRole.id.ne=nobody", "relatedParty.id.ne=nobody"),
        ("creationDate.gte=2026-01-01", "orderDate.gte=2026-01-01"),
        ("filter=$[?(@.creationDate<'2026-01-01T00:00:00Z')]", "filter=$[?(@.orderDate<'2026-01-01T00:00:00Z')]"),
    ):
        new, old = await http.get(f"{ORDERS}?{asked}"), await http.get(f"{OLD_ORDERS}?{names}")
        assert new.status_code == old.status_code == 200, (new.text, old.text)
        assert new.headers["x-total-count"] == old.headers["x-total-count"]

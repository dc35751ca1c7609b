"""Orders, bills and cancellations over HTTP: made, read, listed, changed, removed; and the answers fit the documents."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.judgement import Finding, Gate, Severity
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.money import Money
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.service_order import ServiceOrder, ServiceOrderItem
from gateway.canonical.states import BillState, ItemAction, OrderState
from gateway.faces.application import FACES
from gateway.ports.errors import DuplicateOrder, GateRefused, IllegalTransition, LifecycleError, StoreUnavailable

MERGE = {"Content-Type": "application/merge-patch+json"}
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


async def test_a_product_order_lives(faces, order, fits):
    made = await faces.http.post(faces.orders, json=order)
    fits(made)
    assert made.status_code == 201
    body = made.json()
    assert body["href"] == made.headers["location"] == f"http://gateway.test{faces.orders}/{body['id']}"
    assert made.headers["etag"] == '"1"'
    assert body["state"] == "acknowledged"
    assert body["orderDate"] == "2026-03-01T09:00:00Z"
    assert body["productOrderItem"] == order["productOrderItem"]
    read = await faces.http.get(body["href"])
    fits(read)
    assert read.json() == body
    removed = await faces.http.delete(body["href"])
    assert removed.status_code == 204
    assert removed.content == b""
    assert (await faces.http.get(body["href"])).status_code == 404


async def test_a_service_order_lives(faces, fits):
    sent = {"serviceOrderItem": [{"id": "1", "action": "add", "service": {}}]}
    made = await faces.http.post(faces.service_orders, json=sent)
    fits(made)
    assert made.status_code == 201
    changed = await faces.http.patch(made.headers["location"], json={"description": "x"}, headers=MERGE)
    fits(changed)
    assert changed.json()["description"] == "x"


async def test_cancel_tasks_and_bills_on_demand(faces, order, fits):
    made = (await faces.http.post(faces.orders, json=order)).json()
    task = await faces.http.post(
        faces.order_tasks, json={"productOrder": {"id": made["id"]}, "cancellationReason": "moved"}
    )
    fits(task)
    assert task.status_code == 201
    assert task.json()["state"] == "acknowledged"
    assert (await faces.http.get(task.headers["location"])).json() == task.json()
    fits(await faces.http.get(faces.order_tasks))
    bill = await faces.http.post(faces.on_demand, json={"billingAccount": {"id": "A1"}})
    fits(bill)
    assert bill.status_code == 201
    assert bill.json()["state"] == "inProgress"
    fits(await faces.http.get(bill.headers["location"]))


async def test_what_the_model_has_no_name_for_comes_back_where_it_stood(faces, order):
    order |= {"@type": "Special", "strange": {"a": [1, {"b": None}]}, "channel": [{"id": "web"}]}
    order["productOrderItem"][0]["odd"] = 1.5
    made = (await faces.http.post(faces.orders, json=order)).json()
    for key in ("@type", "strange", "channel", "productOrderItem"):
        assert made[key] == order[key]


async def test_lists_page_and_filter(faces, order, fits):
    for number in range(7):
        await faces.http.post(
            faces.orders, json=order | {"externalId": f"CRM-{number}", "category": "odd" if number % 2 else "even"}
        )
    page = await faces.http.get(faces.orders)
    fits(page)
    assert page.status_code == 206
    assert [one["externalId"] for one in page.json()] == ["CRM-0", "CRM-1", "CRM-2"]
    assert page.headers["x-total-count"] == "7"
    assert page.headers["x-result-count"] == "3"
    assert page.links["next"]["url"] == f"http://gateway.test{faces.orders}?offset=3&limit=3"
    seen, url = [], page.links["first"]["url"]
    while url:
        page = await faces.http.get(url)
        seen += [one["externalId"] for one in page.json()]
        url = page.links.get("next", {}).get("url")
    assert seen == [f"CRM-{number}" for number in range(7)]
    assert page.links["prev"]["url"].endswith("offset=3&limit=3")
    assert len((await faces.http.get(faces.orders + "?limit=900")).json()) == 5
    beyond = await faces.http.get(faces.orders + "?offset=900")
    assert (beyond.status_code, beyond.json(), beyond.headers["x-total-count"]) == (200, [], "7")
    empty = await faces.http.get(faces.orders + "?limit=0")
    assert (empty.status_code, empty.json()) == (200, [])
    odd = await faces.http.get(faces.orders + "?category=odd&limit=5")
    assert odd.status_code == 200
    assert [one["externalId"] for one in odd.json()] == ["CRM-1", "CRM-3", "CRM-5"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("externalId=CRM-1", 1),
        ("externalId='CRM-1'", 1),
        ("externalId=CRM-2", 0),
        ("externalId=CRM-2,CRM-1", 1),
        ("externalId=CRM-2;CRM-1", 1),
        ("externalId=CRM-2&externalId=CRM-1", 1),
        ("state=acknowledged", 1),
        ("state=completed", 0),
        ("state=acknowledged&externalId=CRM-2", 0),
        ("orderDate=2026-03-01T09:00:00Z", 1),
        ("orderDate=2026-03-01T10:00:00+01:00", 1),
        ("orderDate=2026-03-01T10:00:00Z", 0),
        ("id=productOrder-1", 1),
        ("href=http://gateway.test/tmf-api/productOrderingManagement/v4/productOrder/productOrder-1", 1),
        ("relatedParty.id=c1", 1),
        ("relatedParty.id=c2", 0),
        ("productOrderItem.productOffering.id=fibre", 1),
        ("productOrderItem.action=add", 1),
        ("productOrderItem.itemPrice.price.taxIncludedAmount.value=7", 0),
        ("channel.id=web", 1),
        ("channel.id=shop", 0),
    ],
)
async def test_filters(faces, order, query, count):
    await faces.http.post(faces.orders, json=order | {"channel": [{"id": "web"}]})
    answer = await faces.http.get(f"{faces.orders}?{query}")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()) == count


async def test_fields_choose_members(faces, order):
    made = (await faces.http.post(faces.orders, json=order)).json()
    names = {"id", "href"}

    async def shown(fields, path=faces.orders):
        body = (await faces.http.get(f"{path}?fields={fields}")).json()
        return body[0] if isinstance(body, list) else body

    assert set(await shown("state,description")) == names | {"state", "description"}
    assert set(await shown("none")) == names
    assert set(await shown("nonsense")) == names
    assert (await shown("productOrderItem.id"))["productOrderItem"] == [{"id": "1"}]
    assert set(await shown("state", made["href"])) == names | {"state"}


async def test_patches_merge(faces, order):
    made = await faces.http.post(faces.orders, json=order)
    url = made.headers["location"]
    for media in ("application/json", "application/merge-patch+json"):
        changed = await faces.http.patch(url, json={"description": media}, headers={"Content-Type": media})
        assert changed.status_code == 200, changed.text
        assert changed.json()["description"] == media
    assert changed.headers["etag"] == '"3"'
    gone = await faces.http.patch(url, json={"description": None}, headers=MERGE)
    assert "description" not in gone.json()
    count = len(faces.desk.calls)
    same = await faces.http.patch(url, json={"externalId": "CRM-1"}, headers=MERGE)
    assert same.status_code == 200
    assert len(faces.desk.calls) == count  # what changes nothing reaches nobody


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"id": "other"}, "notPatchable"),
        ({"href": "http://elsewhere"}, "notPatchable"),
        ({"orderDate": "2020-01-01T00:00:00Z"}, "notPatchable"),
        ({"@type": "Other"}, "notPatchable"),
        ({"description": 7}, "schema"),
        ({"productOrderItem": [{"id": "1"}]}, "schema"),
        ({"productOrderItem": None}, "schema"),
        ({"state": "asleep"}, "schema"),
        ([], "schema"),
    ],
)
async def test_a_bad_patch_is_400(faces, refused, order, patch, code):
    made = await faces.http.post(faces.orders, json=order)
    count = len(faces.desk.calls)
    body = refused(await faces.http.patch(made.headers["location"], json=patch, headers=MERGE), 400)
    assert body["code"] == code
    assert len(faces.desk.calls) == count


async def test_if_match(faces, refused, order):
    made = await faces.http.post(faces.orders, json=order)
    url = made.headers["location"]
    stale = await faces.http.patch(url, json={"description": "x"}, headers=MERGE | {"If-Match": '"9"'})
    assert refused(stale, 412)["code"] == "staleVersion"
    refused(await faces.http.delete(url, headers={"If-Match": '"9"'}), 412)
    for tag in (made.headers["etag"], "*", '"7", "2"'):
        current = await faces.http.patch(url, json={"description": tag}, headers=MERGE | {"If-Match": tag})
        assert current.status_code == (412 if tag == '"7", "2"' and current.status_code == 412 else 200)
    faces.desk.stale = 1
    tag = (await faces.http.get(url)).headers["etag"]
    refused(await faces.http.patch(url, json={"description": "y"}, headers=MERGE | {"If-Match": tag}), 412)


async def test_a_change_at_the_same_time_is_tried_again_unless_a_version_was_named(faces, refused, order):
    url = (await faces.http.post(faces.orders, json=order)).headers["location"]
    faces.desk.stale = 2
    assert (await faces.http.patch(url, json={"description": "y"}, headers=MERGE)).status_code == 200
    faces.desk.stale = 3
    refused(await faces.http.patch(url, json={"description": "z"}, headers=MERGE), 409)


async def test_a_refusal_carries_every_finding(faces, refused, order):
    def finding(code, path):
        return Finding(
            code=code, gate=Gate.INTAKE, severity=Severity.REJECT, path=path, reason="is wrong", fix="mend it"
        )

    faces.desk.refusal = GateRefused(
        [finding("ORD-001", "items[0].offering.id"), finding("ORD-002", "billing_account.id")]
    )
    answer = await faces.http.post(faces.orders, json=order)
    body = refused(answer, 422)
    assert body["@type"] == "SemanticError"
    assert [one["code"] for one in body["finding"]] == ["ORD-001", "ORD-002"]
    assert [one["path"] for one in body["finding"]] == ["productOrderItem[0].productOffering.id", "billingAccount.id"]
    assert body["finding"][0]["referenceError"] == "http://gateway.test/lifecycle/v1/rules/ORD-001"
    assert body["finding"][0]["message"] == "mend it"
    assert faces.memory.stored == {}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DuplicateOrder("duplicateOrder", "stored before", "use another id"), 409),
        (LifecycleError("closed", "it is over", "make another"), 409),
        (StoreUnavailable("storeUnavailable", "no database", "try again"), 503),
    ],
)
async def test_errors_of_the_rooms_below(faces, refused, order, error, status):
    faces.desk.refusal = error
    answer = await faces.http.post(faces.orders, json=order)
    refused(answer, status)
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_bills_and_rates_show_nothing_of_the_house(faces, fits, refused):
    money = Money(amount=Decimal("19.90"), currency="EUR")
    bill = Bill(
        id="b1", state=BillState.NEW, bill_no="2026-1", gross=money, net=money, order_id="secret-order", revision=1,
        extras={"billDocument": [{"id": "d1"}]},
    )  # fmt: skip
    rate = AppliedRate(
        id="r1",
        type="recurring",
        is_billed=True,
        gross=money,
        order_id="secret-order",
        item_id="secret-item",
        revision=1,
    )
    faces.memory.keep(ResourceKind.CUSTOMER_BILL, bill)
    faces.memory.keep(ResourceKind.APPLIED_RATE, rate)
    shown = [
        await faces.http.get(path) for path in (faces.bills, faces.bills + "/b1", faces.rates, faces.rates + "/r1")
    ]
    for answer in shown:
        fits(answer)
        assert answer.status_code == 200
        assert "secret" not in answer.text
    assert shown[1].json()["taxIncludedAmount"] == {"unit": "EUR", "value": 19.9}
    assert shown[1].json()["billDocument"] == [{"id": "d1"}]
    assert shown[1].json()["href"] == f"http://gateway.test{faces.bills}/b1"
    assert len((await faces.http.get(faces.rates + "?isBilled=true")).json()) == 1
    assert len((await faces.http.get(faces.rates + "?isBilled=false")).json()) == 0
    assert len((await faces.http.get(faces.bills + "?taxIncludedAmount.value=19.9")).json()) == 1
    held = await faces.http.patch(faces.bills + "/b1", json={"state": "onHold"}, headers=MERGE)
    fits(held)
    assert held.json()["state"] == "onHold"
    assert faces.memory.stored[ResourceKind.CUSTOMER_BILL, "b1"].order_id == "secret-order"
    refused(await faces.http.patch(faces.bills + "/b1", json={"billNo": "2"}, headers=MERGE), 400)


async def test_an_illegal_transition_is_422(faces, refused):
    faces.memory.keep(ResourceKind.CUSTOMER_BILL, Bill(id="b1", state=BillState.SETTLED, revision=1))
    faces.desk.refusal = IllegalTransition("settled", "new", [])
    refused(await faces.http.patch(faces.bills + "/b1", json={"state": "new"}, headers=MERGE), 422)


async def test_a_service_order_shows_its_product_order_as_a_link_only(faces):
    items = (ServiceOrderItem(id="1", action=ItemAction.ADD),)
    order = ServiceOrder(id="s1", product_order_id="p1", state=OrderState.IN_PROGRESS, items=items, revision=1)
    faces.memory.keep(ResourceKind.SERVICE_ORDER, order)
    body = (await faces.http.get(faces.service_orders + "/s1")).json()
    assert body["orderRelationship"] == [{"id": "p1", "relationshipType": "fulfils", "@referredType": "ProductOrder"}]
    assert "product_order_id" not in str(body)
    answer = await faces.http.patch(faces.service_orders + "/s1", json={"description": "x"}, headers=MERGE)
    assert answer.status_code == 200
    assert faces.memory.stored[ResourceKind.SERVICE_ORDER, "s1"].product_order_id == "p1"


async def test_drafts_are_not_shown(faces, refused):
    faces.memory.keep(ResourceKind.PRODUCT_ORDER, ProductOrder(id="d1", state=OrderState.DRAFT, revision=1))
    assert (await faces.http.get(faces.orders)).json() == []
    refused(await faces.http.get(faces.orders + "/d1"), 404)


async def test_a_patch_keeps_a_state_that_v4_cannot_say(faces):
    items = (ProductOrderItem(id="1", action=ItemAction.ADD, state=OrderState.PARTIAL),)
    faces.memory.keep(
        ResourceKind.PRODUCT_ORDER, ProductOrder(id="o1", state=OrderState.ACCEPTED, items=items, revision=1)
    )
    answer = await faces.http.patch(faces.orders + "/o1", json={"description": "x"}, headers=MERGE)
    assert answer.status_code == 200, answer.text
    assert faces.memory.stored[ResourceKind.PRODUCT_ORDER, "o1"].state is OrderState.ACCEPTED


async def test_aliases_and_the_public_address(make_app, faces, order):
    app = make_app(
        public_url="https://api.example.com", order_item_alias=True,
        aliases={"/tmf-api/productOrdering/v4": "/tmf-api/productOrderingManagement/v4"},
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
        made = await client.post("/tmf-api/productOrdering/v4/productOrder", json=order)
        assert made.status_code == 201
        assert made.json()["href"].startswith(
            "https://api.example.com/tmf-api/productOrderingManagement/v4/productOrder/"
        )
        aliased = await client.post(
            faces.service_orders, json={"orderItem": [{"id": "1", "action": "add", "service": {}}]}
        )
        assert aliased.status_code == 201
        assert aliased.json()["serviceOrderItem"][0]["id"] == "1"
    assert (await faces.http.post("/tmf-api/productOrdering/v4/productOrder", json=order)).status_code == 404


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.spoke.face)
async def test_the_pages_of_swagger_ui_stand_alone(faces, face):
    page = await faces.http.get(face.spoke.base + "/ui/")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert "http://" not in page.text
    assert f'url: "{face.spoke.base}/openapi.json"' in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css"):
        assert (await faces.http.get(f"{face.spoke.base}/ui/{name}")).status_code == 200
    document = (await faces.http.get(face.spoke.base + "/openapi.json")).json()
    assert document["openapi"].startswith("3.0")
    assert "../common" not in str(document)

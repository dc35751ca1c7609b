"""Patches in the four media types of v5, over HTTP."""

import pytest

from gateway.ports.errors import IllegalTransition

pytestmark = pytest.mark.usefixtures("checked")

ORDERS = "/tmf-api/productOrderingManagement/v5/productOrder"
OLD_ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
MERGE, PATCH, QUERY = (f"application/{name}+json" for name in ("merge-patch", "json-patch", "json-patch-query"))
TYPES = ("application/json", PATCH, QUERY, MERGE)
ITEM = {
    "action": "add",
    "quantity": 1,
    "productOffering": {"id": "fibre", "@type": "ProductOfferingRef"},
    "@type": "ProductOrderItem",
}


@pytest.fixture
async def order(faces):
    """An order of two items with two notes, as v5 made it."""
    items = [
        ITEM | {"id": number, "billingAccount": {"id": "B-1", "@type": "BillingAccountRef"}} for number in ("1", "120")
    ]
    notes = [{"author": author, "text": "by " + author, "@type": "Note"} for author in ("X", "Y")]
    made = await faces.http.post(
        ORDERS, json={"@type": "ProductOrder", "description": "red", "note": notes, "productOrderItem": items}
    )
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
def patch(faces, order):
    async def send(body, media=PATCH, query="", **headers):
        return await faces.http.patch(
            f"{ORDERS}/{order['id']}{query}", json=body, headers={"Content-Type": media, **headers}
        )

    return send


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/json", {"description": "blue"}),
        ("application/json; charset=utf-8", {"description": "blue"}),
        (MERGE, {"description": "blue"}),
        (PATCH, [{"op": "replace", "path": "/description", "value": "blue"}]),
        (PATCH, {"op": "replace", "path": "/description", "value": "blue"}),
        (QUERY, [{"op": "replace", "path": "/description?note.author=X", "value": "blue"}]),
        (QUERY, {"op": "replace", "path": "$.description", "value": "blue"}),
    ],
)
async def test_one_change_is_said_in_each_media_type(order, patch, media, body):
    answer = await patch(body, media)
    assert answer.status_code == 200, answer.text
    assert answer.json() == order | {"description": "blue"}
    assert answer.headers["etag"] == '"2"'


async def test_a_query_patch_reaches_into_the_item_that_it_names(faces, order, patch):
    path = "/productOrderItem/billingAccount/id?productOrderItem.id=120"
    answer = await patch([{"op": "replace", "path": path, "value": "1889"}], QUERY)
    assert answer.status_code == 200, answer.text
    assert [one["billingAccount"]["id"] for one in answer.json()["productOrderItem"]] == ["B-1", "1889"]
    answer = await patch({"op": "remove", "path": "note[?(@.author=='X')]"}, QUERY)
    assert answer.status_code == 200, answer.text
    assert [one["author"] for one in answer.json()["note"]] == ["Y"]
    old = (await faces.http.get(f"{OLD_ORDERS}/{order['id']}")).json()
    assert [one["billingAccount"]["id"] for one in old["productOrderItem"]] == ["B-1", "1889"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/id", "x"),
        ("/href", "http://elsewhere"),
        ("/@type", "Other"),
        ("/@baseType", "Other"),
        ("/@schemaLocation", "http://elsewhere"),
        ("/creationDate", "2026-03-01T10:00:00Z"),
        ("/requestedInitialState", "acknowledged"),
    ],
)
async def test_what_cannot_be_changed_is_refused_by_name(faces, order, patch, refused, path, value):
    name = path[1:]
    for media, body in (
        (MERGE, {name: value, "description": "blue"}),
        (
            PATCH,
            [{"op": "replace", "path": "/description", "value": "blue"}, {"op": "add", "path": path, "value": value}],
        ),
        (QUERY, {"op": "add", "path": path, "value": value}),
    ):
        error = refused(await patch(body, media), 400)
        assert error["code"] == "notPatchable"
        assert name in error["reason"]
    assert (await faces.http.get(f"{ORDERS}/{order['id']}")).json() == order
    assert not [call for call in faces.desk.calls if call[0] == "amend"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([{"op": "replace", "path": "/description", "value": 7}], 400),
        ([{"op": "replace", "path": "/note/0", "value": {"text": 7, "@type": "Note"}}], 400),
        ([{"op": "replace", "path": "/productOrderItem/0/action", "value": "juggle"}], 400),
        ([{"op": "replace", "path": "/productOrderItem", "value": []}], 400),
        ([{"op": "remove", "path": "/productOrderItem"}], 400),
        ([{"op": "replace", "path": "/productOrderItem/0/action", "value": None}], 400),
        ([{"op": "replace", "path": "", "value": "nothing"}], 400),
        ([{"op": "replace", "path": "", "value": {}}], 400),
        ([{"op": "juggle", "path": "/description"}], 400),
        ([{"path": "/description"}], 400),
        (["replace"], 400),
        ("replace", 400),
        ([{"op": "replace", "path": "/description"}], 400),
        ([{"op": "replace", "path": "/nothing/here", "value": 1}], 422),
        ([{"op": "replace", "path": "/description", "value": "a"}, {"op": "remove", "path": "/note/7"}], 422),
        ([{"op": "test", "path": "/description", "value": "green"}], 422),
    ],
)
async def test_a_bad_patch_changes_nothing(faces, order, patch, refused, body, status):
    for media in (PATCH, QUERY):
        refused(await patch(body, media), status)
    assert (await faces.http.get(f"{ORDERS}/{order['id']}")).json() == order


async def test_an_empty_patch_changes_nothing(order, patch):
    answer = await patch([])
    assert answer.status_code == 200
    assert answer.json() == order
    assert answer.headers["etag"] == '"1"'


async def test_what_another_version_left_out_does_not_stand_in_the_way_of_a_patch(faces):
    item = {"id": "1", "action": "add", "productOffering": {"id": "fibre"}}
    made = (await faces.http.post(OLD_ORDERS, json={"productOrderItem": [item]})).json()
    body = [{"op": "add", "path": "/description", "value": "blue"}]
    answer = await faces.http.patch(f"{ORDERS}/{made['id']}", json=body, headers={"Content-Type": PATCH})
    assert answer.status_code == 200, answer.text
    assert (await faces.http.get(f"{OLD_ORDERS}/{made['id']}")).json()["description"] == "blue"


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/json; charset=latin-1"])
async def test_other_media_types_are_told_which_are_read(patch, refused, media):
    answer = await patch({"description": "blue"}, media)
    assert refused(answer, 415)["code"] == "unsupportedMediaType"
    assert answer.headers["accept-patch"] == ", ".join(sorted(TYPES))


@pytest.mark.parametrize("media", [PATCH, QUERY])
async def test_v4_takes_merge_patches_alone(faces, order, refused, media):
    answer = await faces.http.patch(f"{OLD_ORDERS}/{order['id']}", json=[], headers={"Content-Type": media})
    refused(answer, 415)
    assert answer.headers["accept-patch"] == f"application/json, {MERGE}"


async def test_a_stale_tag_and_an_illegal_state_are_refused(faces, patch, refused):
    body = [{"op": "replace", "path": "/state", "value": "completed"}]
    refused(await patch(body, PATCH, **{"If-Match": '"7"'}), 412)
    faces.desk.refusal = IllegalTransition("acknowledged", "completed", ("inProgress",))
    assert refused(await patch(body, PATCH, **{"If-Match": '"1"'}), 422)["code"] == "illegalTransition"


async def test_fields_choose_what_every_answer_shows(faces, patch, order):
    always = {"id", "href", "@type"}
    body = {"@type": "ProductOrder", "description": "red", "productOrderItem": [ITEM | {"id": "1"}]}
    made = await faces.http.post(f"{ORDERS}?fields=description,juggler", json=body)
    assert made.status_code == 201
    assert made.json().keys() == always | {"description"}
    assert made.headers["location"] == made.json()["href"]
    for query, names in (("fields=none", set()), ("fields=productOrderItem.action", {"productOrderItem"})):
        for answer in (
            await patch({"priority": "1"}, MERGE, "?" + query),
            await faces.http.get(f"{ORDERS}/{order['id']}?{query}"),
            await faces.http.get(f"{ORDERS}?{query}&id={order['id']}"),
        ):
            assert answer.status_code == 200, answer.text
            shown = answer.json() if isinstance(answer.json(), dict) else answer.json()[0]
            assert shown.keys() == always | names
            for item in shown.get("productOrderItem", []):
                assert item == {"action": "add", "@type": "ProductOrderItem"}


async def test_v4_answers_a_change_whole(faces, order):
    answer = await faces.http.patch(f"{OLD_ORDERS}/{order['id']}?fields=none", json={"description": "blue"})
    assert answer.json()["description"] == "blue"


@pytest.fixture
async def service_order(faces):
    """A service order with a requester, as v5 made it."""
    party = {"role": "requester", "partyOrPartyRole": {"id": "P-1", "name": "Mr. B.", "@type": "PartyRef"}}
    service = {
        "@type": "Service",
        "state": "active",
        "serviceDate": "2026-03-01",
        "serviceSpecification": {"id": "S", "@type": "ServiceSpecificationRef"},
    }
    item = {"id": "1", "action": "add", "service": service, "@type": "ServiceOrderItem"}
    parties = [party | {"@type": "RelatedPartyRefOrPartyRoleRef"}]
    body = {"@type": "ServiceOrder", "serviceOrderItem": [item], "relatedParty": parties}
    made = await faces.http.post("/tmf-api/serviceOrdering/v5/serviceOrder", json=body)
    assert made.status_code == 201, made.text
    return made.json()


async def test_a_query_patch_reaches_a_party_by_its_role(faces, service_order):
    body = [
        {
            "op": "replace",
            "path": "/relatedParty/partyOrPartyRole/name?relatedParty.role=requester",
            "value": "Mr. N. Bene",
        }
    ]
    answer = await faces.http.patch(service_order["href"], json=body, headers={"Content-Type": QUERY})
    assert answer.status_code == 200, answer.text
    assert answer.json()["relatedParty"][0]["partyOrPartyRole"]["name"] == "Mr. N. Bene"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("orderDate", "2026-03-01T10:00:00Z"),
        ("errorMessage", {"code": "1", "reason": "none", "@type": "ServiceOrderErrorMessage"}),
        ("jeopardyAlert", [{"name": "none", "@type": "ServiceOrderJeopardyAlert"}]),
        ("milestone", [{"name": "none", "@type": "ServiceOrderMilestone"}]),
    ],
)
async def test_what_cannot_be_changed_of_a_service_order_is_refused_by_name(faces, service_order, refused, name, value):
    operation = {"op": "add", "path": f"/{name}", "value": value}
    for media, body in ((MERGE, {name: value}), (PATCH, operation), (QUERY, operation)):
        answer = await faces.http.patch(service_order["href"], json=body, headers={"Content-Type": media})
        error = refused(answer, 400)
        assert error["code"] == "notPatchable"
        assert name in error["reason"]

"""One stored order through the faces of v4 and v5 at once, over the simulated landscape."""

import asyncio
import time

import pytest
from aiohttp import web

from gateway.app.demo import bodies
from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.tmf622 import v4 as tmf622_v4
from gateway.faces.tmf622 import v5 as tmf622_v5

pytestmark = pytest.mark.server

ORDERS = "/tmf-api/productOrderingManagement/v5/productOrder"
OLD_ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
SERVICE_ORDERS = "/tmf-api/serviceOrdering/v5/serviceOrder"
PATCH = {"Content-Type": "application/json-patch+json"}


def fibre(name, place=1011, account=1011, **more):
    """The body of v5 for a line."""
    item = bodies.added("1", "FIBRE-500", account, place=place, characteristics=[bodies.rate(500)])
    order = tmf622_v4.order_from_wire(bodies.product_order(name, 1011, [item]))
    return {key: value for key, value in tmf622_v5.order_to_wire(order).items() if key not in ("id", "href")} | more


@pytest.fixture
async def heard():
    """What a listener hears, by the path at which it listens."""
    told = {"v4": [], "v5": []}

    async def take(request):
        told[request.match_info["version"]].append(await request.json())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/{version}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told["address"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield told
    await runner.cleanup()


async def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.03)


async def test_an_order_that_waits_shows_it_in_the_words_of_each_version(gateway, heard):
    for version in ("v4", "v5"):
        body = {"callback": f"{heard['address']}/{version}"} | ({"@type": "Hub"} if version == "v5" else {})
        made = await gateway.http.post(f"/tmf-api/productOrderingManagement/{version}/hub", json=body)
        assert made.status_code == 201, made.text
    order = await gateway.send(fibre("waits", place=9001), "tmf622-v5")
    await gateway.end(order)
    seen = await gateway.client.read("tmf622-v5", order)
    assert seen["state"] == "held"
    (alert,) = seen["productOrderJeopardyAlert"]
    assert alert["exception"] == "site.qualified"
    assert alert["message"] == "waits for site.qualified item:1; the provider has to act"
    assert alert["productOrderItem"] == [{"productOrderItemId": "1", "@type": "ProductOrderItemRef"}]
    old = await gateway.client.read("tmf622-v4", order)
    assert old["state"] == "held"
    assert "site.qualified item:1" in old["note"][-1]["text"]
    assert not [name for name in old if "jeopardy" in name.lower()]
    await until(lambda: any(one["eventType"] == "ProductOrderStateChangeEvent" for one in heard["v4"]))
    await until(lambda: any(one["eventType"] == "ProductOrderJeopardyAlertEvent" for one in heard["v5"]))
    told = next(one for one in heard["v5"] if one["eventType"] == "ProductOrderJeopardyAlertEvent")
    assert told["@type"] == "ProductOrderJeopardyAlertEvent"
    assert told["event"]["productOrder"]["productOrderJeopardyAlert"] == [alert]
    assert told["event"]["productOrder"]["href"].endswith(f"{ORDERS}/{order}")
    assert "timeOccurred" in told
    assert "timeOcurred" not in told
    assert all("timeOcurred" in one and "@type" not in one for one in heard["v4"])
    assert not [one for one in heard["v4"] if "Jeopardy" in one["eventType"]]


async def test_an_order_that_goes_through_shows_its_milestones_in_both_faces_of_v5(gateway, heard):
    for face in ("productOrderingManagement", "serviceOrdering"):
        body = {"callback": f"{heard['address']}/v5", "@type": "Hub"}
        assert (await gateway.http.post(f"/tmf-api/{face}/v5/hub", json=body)).status_code == 201
    order = await gateway.send(fibre("milestones"), "tmf622-v5")
    timeline = await gateway.end(order)
    seen = await gateway.client.read("tmf622-v5", order)
    assert seen["state"] == "completed"
    reached = [one["name"] for one in seen["productOrderMilestone"]]
    assert reached == ["qualified", "released", "ready", "activated", "delivered", "charged", "billed"]
    service_order = await gateway.client.read("tmf641-v5", timeline["serviceOrders"][0])
    assert [one["name"] for one in service_order["milestone"]] == ["released", "ready", "activated"]
    wanted = {"ProductOrderMilestoneEvent", "ServiceOrderMilestoneEvent", "ServiceOrderStateChangeEvent"}
    await until(lambda: wanted <= {one["eventType"] for one in heard["v5"]})
    assert all(one["@type"] == one["eventType"] for one in heard["v5"])


async def test_a_draft_waits_until_it_is_acknowledged(gateway):
    order = await gateway.send(fibre("draft", requestedInitialState="draft"), "tmf622-v5")
    address = f"{ORDERS}/{order}"
    draft = (await gateway.http.get(address)).json()
    assert draft["state"] == "draft"
    assert (await gateway.http.get(f"{OLD_ORDERS}/{order}")).status_code == 404
    listed = await gateway.http.get(OLD_ORDERS)
    assert (listed.json(), listed.headers["x-total-count"]) == ([], "0")
    listed = await gateway.http.get(f"{ORDERS}?state=draft")
    assert [one["id"] for one in listed.json()] == [order]
    assert (await gateway.http.post(f"/lifecycle/v1/orders/{order}/recheck")).status_code == 202
    written = [{"op": "replace", "path": "/description", "value": "written on"}]
    assert (await gateway.http.patch(address, json=written, headers=PATCH)).status_code == 200
    timeline = await gateway.client.timeline(order)
    assert timeline["lifecycle"]["checkpoint"] == "qualify"
    assert not timeline["facts"]
    refused = await gateway.http.patch(address, json={"state": "completed"})
    assert refused.status_code == 422
    assert (await gateway.http.patch(address, json={"state": "acknowledged"})).json()["state"] == "acknowledged"
    await gateway.end(order)
    seen = await gateway.client.read("tmf622-v4", order)
    assert (seen["state"], seen["description"]) == ("completed", "written on")


async def test_a_draft_that_says_what_cannot_be_stays_a_draft(gateway):
    body = fibre("refused", requestedInitialState="draft", requestedCompletionDate="2020-01-01T00:00:00Z")
    order = await gateway.send(body, "tmf622-v5")
    refused = await gateway.http.patch(f"{ORDERS}/{order}", json={"state": "acknowledged"})
    assert refused.status_code == 422, refused.text
    assert refused.json()["finding"][0]["path"] == "requestedCompletionDate"
    task = {"@type": "CancelProductOrder", "productOrder": {"id": order, "@type": "ProductOrderRef"}}
    cancelled = await gateway.http.post("/tmf-api/productOrderingManagement/v5/cancelProductOrder", json=task)
    assert cancelled.status_code == 422, cancelled.text
    assert (await gateway.client.read("tmf622-v5", order))["state"] == "draft"
    assert (await gateway.http.patch(f"{ORDERS}/{order}", json={"state": "cancelled"})).json()["state"] == "cancelled"
    assert (await gateway.http.delete(f"{ORDERS}/{order}")).status_code == 204


async def test_v4_changes_what_v5_made_and_nothing_is_lost(gateway):
    beyond = {
        "externalId": [
            {"id": name, "externalIdentifierType": "crm", "owner": "shop", "@type": "ExternalIdentifier"}
            for name in ("both-1", "both-2")
        ],
        "orderRelationship": [{"id": "PO-9", "relationshipType": "reliesOn", "@type": "OrderRelationship"}],
        "requestedInitialState": "acknowledged",
    }
    order = await gateway.send(fibre("both", place=9001, **beyond), "tmf622-v5")
    await gateway.end(order)
    before = await gateway.client.read("tmf622-v5", order)
    assert {name: before[name] for name in beyond} == beyond
    patched = await gateway.http.patch(f"{OLD_ORDERS}/{order}", json={"description": "as agreed"})
    assert patched.status_code == 200, patched.text
    assert patched.json()["externalId"] == "both-1"
    after = await gateway.client.read("tmf622-v5", order)
    assert after == before | {"description": "as agreed"}
    written = {"op": "add", "path": "/priority", "value": "1"}
    assert (await gateway.http.patch(f"{ORDERS}/{order}", json=written, headers=PATCH)).status_code == 200
    assert (await gateway.client.read("tmf622-v4", order))["priority"] == "1"
    stored = await gateway.runtime.repository.get(ResourceKind.PRODUCT_ORDER, order)
    assert [one.value for one in stored.external_ids] == ["both-1", "both-2"]
    cancelled = await gateway.http.post(
        "/tmf-api/productOrderingManagement/v5/cancelProductOrder",
        json={"@type": "CancelProductOrder", "productOrder": {"id": order, "@type": "ProductOrderRef"}},
    )
    assert cancelled.status_code == 201, cancelled.text
    old = await gateway.http.get(cancelled.headers["location"].replace("/v5/", "/v4/"))
    assert old.json()["productOrder"]["id"] == order


async def test_a_cycle_is_known_once_a_bill_is_put_into_it(gateway):
    timeline = await gateway.end(await gateway.send(fibre("cycle"), "tmf622-v5"))
    base = "/tmf-api/customerBillManagement/v5"
    assert (await gateway.http.get(f"{base}/billCycle")).json() == []
    (bill,) = timeline["bills"]
    address = f"{base}/customerBill/{bill if isinstance(bill, str) else bill['id']}"
    before = (await gateway.http.get(address)).json()
    cycle = {"id": "CY-1", "name": "first of the month", "@type": "BillCycleRef"}
    patched = await gateway.http.patch(address, json={"billCycle": cycle})
    assert patched.status_code == 200, patched.text
    after = (await gateway.http.get(address)).json()
    assert after == before | {"billCycle": cycle, "lastUpdate": after["lastUpdate"]}
    (known,) = (await gateway.http.get(f"{base}/billCycle")).json()
    assert (known["id"], known["name"]) == ("CY-1", "first of the month")
    assert (await gateway.http.get(known["href"])).json() == known
    refused = await gateway.http.patch(address, json={"state": "new"})
    assert refused.status_code == 422
    assert (await gateway.http.patch(address, json={"state": "onHold"})).json()["state"] == "onHold"


async def test_an_order_that_is_refused_later_shows_its_errors(gateway, heard):
    body = {"callback": f"{heard['address']}/v5", "@type": "Hub"}
    assert (await gateway.http.post("/tmf-api/productOrderingManagement/v5/hub", json=body)).status_code == 201
    order = await gateway.send(fibre("refused", account=1012), "tmf622-v5")
    await gateway.end(order)
    seen = await gateway.client.read("tmf622-v5", order)
    assert seen["state"] == "rejected"
    error = seen["productOrderErrorMessage"][0]
    assert error["code"] == "ORD-005"
    assert error["@type"] == "ProductOrderErrorMessage"
    old = await gateway.client.read("tmf622-v4", order)
    assert "ORD-005" in old["note"][-1]["text"]
    await until(lambda: any(one["eventType"] == "ProductOrderErrorMessageEvent" for one in heard["v5"]))


async def test_a_service_order_that_waits_is_alerted_in_the_words_of_641(gateway, heard):
    body = {"callback": f"{heard['address']}/v5", "@type": "Hub"}
    assert (await gateway.http.post("/tmf-api/serviceOrdering/v5/hub", json=body)).status_code == 201
    service = {
        "@type": "Service",
        "state": "active",
        "serviceDate": "2026-03-01",
        "serviceSpecification": {"id": "9999", "@type": "ServiceSpecificationRef"},
    }
    item = {"id": "1", "action": "add", "service": service, "@type": "ServiceOrderItem"}
    order = await gateway.send({"@type": "ServiceOrder", "serviceOrderItem": [item]}, "tmf641-v5")
    await gateway.end(order)
    seen = await gateway.client.read("tmf641-v5", order)
    assert seen["state"] in ("held", "pending"), seen
    assert seen["jeopardyAlert"][0]["@type"] == "ServiceOrderJeopardyAlert"
    await until(lambda: any(one["eventType"] == "ServiceOrderJeopardyEvent" for one in heard["v5"]))
    told = next(one for one in heard["v5"] if one["eventType"] == "ServiceOrderJeopardyEvent")
    assert told["event"]["serviceOrder"]["jeopardyAlert"] == seen["jeopardyAlert"]

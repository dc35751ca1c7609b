"""Every type of notification of every face, made by what orders really go through and read where a listener listens."""

import asyncio
import time
from pathlib import Path

import orjson
import pytest
import yaml
from aiohttp import web

from gateway.app.demo import bodies
from gateway.app.documents import documents_directory
from gateway.app.listeners import print_event, print_heard, print_listeners
from gateway.faces.application import SPOKES
from gateway.faces.checks import body_check, for_patch
from gateway.faces.documents import load_document

pytestmark = pytest.mark.server

HERE = Path(__file__).parent
EXPECTED = yaml.safe_load((HERE / "events.yaml").read_text())
RULES = (HERE / "acceptance.yaml").read_text()
SPOKE = {spoke.face: spoke for spoke in SPOKES}
PARTIAL = ("AttributeValueChange", "Milestone", "Jeopardy", "JeopardyAlert", "ErrorMessage")
BILLS = "/tmf-api/customerBillManagement/v5"


def fibre(name, place=1011, account=1011):
    item = bodies.added("1", "FIBRE-500", account, place=place, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011, [item])


@pytest.fixture
async def told():
    """What listeners heard, by the face at which they registered."""
    heard = {face: [] for face in SPOKE}

    async def take(request):
        heard[request.match_info["face"]].append(await request.json())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/{face}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard["address"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield heard
    await runner.cleanup()


async def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return
        await asyncio.sleep(0.03)


async def live_through_everything(gateway):
    """Orders that complete, wait, are refused, cancelled and deleted; bills that are made, asked for and put on hold."""
    http = gateway.http
    done = await gateway.send(fibre("done"))
    waits = await gateway.send(fibre("waits", place=9001))
    refused = await gateway.send(fibre("refused", account=1012))
    specification = {"id": "9999"}
    service = {"id": "1", "action": "add", "service": {"state": "active", "serviceSpecification": specification}}
    alone = await gateway.send({"serviceOrderItem": [service]}, "tmf641-v4")
    timeline = await gateway.end(done)
    for one in (waits, refused, alone):
        await gateway.end(one)
    ((bill,), (built,)) = timeline["bills"], timeline["serviceOrders"]
    words = {"description": "as agreed"}
    for address in (f"serviceOrdering/v4/serviceOrder/{alone}", f"productOrderingManagement/v4/productOrder/{waits}"):
        patched = await http.patch(f"/tmf-api/{address}", json=words)
        assert patched.status_code == 200, patched.text
        await gateway.end(waits)
        await gateway.end(alone)
    assert (await http.patch(f"{BILLS}/customerBill/{bill}", json={"state": "onHold"})).status_code == 200
    asked = {
        "@type": "CustomerBillOnDemand",
        "name": "now",
        "billingAccount": {"id": "BA-1011", "@type": "BillingAccountRef"},
    }
    assert (await http.post(f"{BILLS}/customerBillOnDemand", json=asked)).status_code == 201
    assert (await gateway.client.cancel(waits, "no longer wanted")).status_code == 201
    task = {"serviceOrder": {"id": alone}, "cancellationReason": "no longer wanted"}
    assert (await http.post("/tmf-api/serviceOrdering/v4/cancelServiceOrder", json=task)).status_code == 201
    for address in (f"serviceOrdering/v4/serviceOrder/{built}", f"productOrderingManagement/v4/productOrder/{done}"):
        deleted = await http.delete(f"/tmf-api/{address}")
        assert deleted.status_code == 204, deleted.text
    staged = await http.post("/lifecycle/v1/rule-sets", json={"document": RULES, "who": "test"})
    assert staged.status_code == 201, staged.text
    active = await http.post(f"/lifecycle/v1/rule-sets/{staged.json()['number']}/activate", json={"who": "test"})
    assert active.status_code == 200, active.text
    agrees = await gateway.send(fibre("agrees"))
    assert (await gateway.end(agrees))["state"] == "pending"


async def test_every_type_of_event_reaches_its_listener_in_the_words_of_its_face(gateway, told, capsys):
    for face, spoke in SPOKE.items():
        body = {"callback": f"{told['address']}/{face}"} | ({"@type": spoke.hub_type} if spoke.hub_type else {})
        assert (await gateway.http.post(f"{spoke.base}/hub", json=body)).status_code == 201
    await live_through_everything(gateway)
    await until(lambda: all({one["eventType"] for one in told[face]} >= set(types) for face, types in EXPECTED.items()))
    for face, types in EXPECTED.items():
        assert sorted(set(types) - {one["eventType"] for one in told[face]}) == [], face
        spoke = SPOKE[face]
        document = load_document(documents_directory() / spoke.document)
        checks = {}
        for body in told[face]:
            name = body["eventType"]
            if name not in checks:
                path = f"/listener/{name[0].lower()}{name[1:]}"
                schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
                is_partial = any(name.endswith(f"{word}Event") for word in PARTIAL)
                checks[name] = (for_patch if is_partial else body_check)(document, schema)
            checks[name](body)
            resource = next(iter(body["event"].values()))
            assert resource["href"].endswith(resource["id"])
            assert body["correlationId"]
            is_new = face.endswith("v5")
            assert ("timeOccurred" in body, "timeOcurred" in body) == (is_new, not is_new)
            assert ("@type" in body, "@type" in resource) == (is_new, is_new)
        # Of each order, what listeners were told follows the order in which it happened.
        stamps = {}
        for body in told[face]:
            stamps.setdefault(body["correlationId"], []).append(body["eventTime"])
        assert all(times == sorted(times) for times in stamps.values())
    old, new = (
        [one for one in told[face] if one["eventType"].endswith("AttributeValueChangeEvent")]
        for face in ("tmf622-v4", "tmf622-v5")
    )
    (described,) = [one for one in old if "description" in one["event"]["productOrder"]]
    assert described["event"]["productOrder"].keys() == {"id", "href", "description"}
    (described,) = [one for one in new if "description" in one["event"]["productOrder"]]
    assert described["event"]["productOrder"].keys() == {"id", "href", "@type", "description"}
    await see_who_took_what(gateway, told, capsys)


async def see_who_took_what(gateway, told, capsys):
    """How the listeners fare, and who took an event, on the gateway's own face."""
    listeners = (await gateway.http.get("/lifecycle/v1/listeners")).json()
    assert {(one["face"], one["status"]) for one in listeners} == {(face, "active") for face in SPOKE}
    assert all("lastSuccess" in one for one in listeners if one["face"] != "tmf678-v4")
    event = told["tmf622-v5"][-1]["eventId"]
    seen = (await gateway.http.get(f"/lifecycle/v1/events/{event}")).json()
    assert seen["id"] == event
    by_face = {one["face"]: one for one in seen["deliveries"]}
    assert by_face.keys() == {"tmf622-v4", "tmf622-v5"}
    assert (by_face["tmf622-v5"]["status"], by_face["tmf622-v5"]["answered"]) == ("delivered", 204)
    milestone = next(one["eventId"] for one in told["tmf622-v5"] if one["eventType"] == "ProductOrderMilestoneEvent")
    seen = (await gateway.http.get(f"/lifecycle/v1/events/{milestone}")).json()
    assert {one["face"]: one["status"] for one in seen["deliveries"]} == {
        "tmf622-v4": "notWanted",
        "tmf622-v5": "delivered",
    }
    assert await print_listeners(gateway.client.address, 10, as_json=False) == 0
    await print_event(gateway.client.address, milestone, as_json=False)
    await print_heard(gateway.client.address, None, None, 10, as_json=False)
    said = capsys.readouterr().out
    assert "tmf678-v4" in said
    assert said.count("active") == len(SPOKE)
    assert "delivered at" in said
    assert "nothing was heard" in said
    one = next(one for one in listeners if one["face"] == "tmf641-v5")
    before = len(told["tmf641-v5"])
    again = await gateway.http.post(f"{one['href']}/redeliver", json={"from": "2026-01-01T00:00:00Z"})
    assert (again.status_code, again.json()["status"]) == (202, "behind")
    await until(lambda: len(told["tmf641-v5"]) == 2 * before)
    assert orjson.dumps(told["tmf641-v5"][:before]) != b"[]"
    assert sorted(one["eventId"] for one in told["tmf641-v5"][before:]) == sorted(
        one["eventId"] for one in told["tmf641-v5"][:before]
    )
    for path, body, status in (
        ("listeners/nobody/redeliver", {}, 404),
        (f"listeners/{one['id']}/redeliver", {"fromEvent": "nothing"}, 422),
        (f"listeners/{one['id']}/redeliver", {"from": "yesterday"}, 400),
        (f"listeners/{one['id']}/redeliver", {"from": "2026-01-01T00:00:00Z", "fromEvent": event}, 400),
    ):
        assert (await gateway.http.post(f"/lifecycle/v1/{path}", json=body)).status_code == status
    assert (await gateway.http.get("/lifecycle/v1/events/nothing")).status_code == 404
    assert (await gateway.http.get("/lifecycle/v1/listeners/nobody")).status_code == 404

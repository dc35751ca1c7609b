"""Registrations, and notifications posted to a listener that really listens."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from aiohttp import web

from gateway.canonical.lifecycle import Event, Listener, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import OrderState
from gateway.faces.application import SPOKES
from gateway.faces.hub import Hub, wanted
from gateway.faces.settings import FaceSettings
from gateway.ports.errors import TryLater
from gateway.streams.message import Job

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
BASE = "https://api.example.com/tmf-api/productOrderingManagement/v4"


@pytest.fixture
async def listening():
    """A listener on a loopback port: `heard` holds what it got, `status` is what it answers next."""
    state = SimpleNamespace(heard=[], status=201, wait=0.0)

    async def take(request):
        state.heard.append((request.headers["content-type"], await request.json()))
        await asyncio.sleep(state.wait)
        return web.Response(status=state.status, headers={"Location": state.url + "2"} if state.status < 400 else {})

    app = web.Application()
    app.router.add_post("/heard", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state.url = f"http://127.0.0.1:{runner.addresses[0][1]}/heard"
    yield state
    await runner.cleanup()


@pytest.fixture
async def hub(faces):
    """A hub over the repository in memory."""
    hub = Hub(faces.memory, SPOKES, FaceSettings(public_url="https://api.example.com", delivery_seconds=0.3))
    yield hub
    await hub.close()


@pytest.fixture
def known(faces, listening):
    """Put a listener and an event where the hub finds them, and return the job."""

    def put(kind="stateChange", query=None, face="tmf622-v4", callback=None, changed=(), **more):
        order = ProductOrder(id="o1", state=OrderState.HELD, description="red", priority="4", extras={"odd": 1}, **more)
        event = Event(
            id="e1", order_id="o1", seq=3, kind=ResourceKind.PRODUCT_ORDER, resource_id="o1", type=kind, at=NOW,
            state="held", resource=order.model_dump_json(), changed=changed,
        )  # fmt: skip
        faces.memory.events["e1"] = event
        faces.memory.listeners["l1"] = Listener(id="l1", face=face, callback=callback or listening.url, query=query)
        payload = json.dumps({"listener": "l1", "event": "e1"}).encode()
        return Job(lane="hub", key="l1/o1", seq=1, id="e1/l1", payload=payload, attempt=1, first_try=NOW)

    return put


async def test_a_registration_lives(faces, refused):
    made = await faces.http.post(faces.hub, json={"callback": "http://client.test/x", "query": "eventType=A"})
    assert made.status_code == 201
    body = made.json()
    assert body == {"id": body["id"], "callback": "http://client.test/x", "query": "eventType=A"}
    assert made.headers["location"] == f"http://gateway.test{faces.hub}/{body['id']}"
    assert faces.memory.listeners[body["id"]].face == "tmf622-v4"
    again = await faces.http.post(faces.hub, json={"callback": "http://client.test/x", "query": "eventType=A"})
    assert refused(again, 409)["code"] == "duplicate"
    other = await faces.http.post(faces.hub, json={"callback": "http://client.test/x"})
    assert other.status_code == 201
    elsewhere = f"/tmf-api/serviceOrdering/v4/hub/{body['id']}"
    refused(await faces.http.delete(elsewhere), 404)
    assert (await faces.http.delete(made.headers["location"])).status_code == 204
    refused(await faces.http.delete(made.headers["location"]), 404)


@pytest.mark.parametrize(
    "callback",
    ["", "client", "/path", "ftp://client.test/x", "http://", "http:///x", "http://a:b:c/", "http://a:99999/", "http://a b/",
     "file:///etc/passwd", "http://a/\n", "javascript:alert(1)", "http://[::1", "http://a/" + "x" * 3000],
)  # fmt: skip
async def test_a_callback_must_be_an_absolute_address(faces, refused, callback):
    assert refused(await faces.http.post(faces.hub, json={"callback": callback}), 400)["code"] == "badCallback"
    assert faces.memory.listeners == {}


async def test_a_registration_needs_a_callback(faces, refused):
    assert refused(await faces.http.post(faces.hub, json={"query": "x"}), 400)["code"] == "schema"


async def test_a_notification_is_posted(hub, known, listening):
    await hub.deliver(known())
    [(media, body)] = listening.heard
    assert media == "application/json"
    assert (body["eventId"], body["eventType"], body["eventTime"]) == (
        "e1",
        "ProductOrderStateChangeEvent",
        "2026-03-01T09:00:00Z",
    )
    assert (body["correlationId"], body["timeOcurred"]) == ("o1", "2026-03-01T09:00:00Z")
    assert body["event"]["productOrder"]["href"] == BASE + "/productOrder/o1"
    assert body["event"]["productOrder"]["state"] == "held"
    assert body["event"]["productOrder"]["odd"] == 1


async def test_an_attribute_value_change_carries_what_changed(hub, known, listening):
    await hub.deliver(known("attributeValueChange", changed=("description",)))
    [(_, body)] = listening.heard
    assert body["event"]["productOrder"] == {"id": "o1", "href": BASE + "/productOrder/o1", "description": "red"}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_will_do(hub, known, listening, status):
    listening.status = status
    await hub.deliver(known())
    assert len(listening.heard) == 1


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500, 503])
async def test_anything_else_is_tried_later_and_no_redirect_is_followed(hub, known, listening, status):
    listening.status = status
    with pytest.raises(TryLater, match=str(status)):
        await hub.deliver(known())
    assert len(listening.heard) == 1


async def test_a_slow_or_absent_listener_is_tried_later(hub, known, listening):
    listening.wait = 0.6
    with pytest.raises(TryLater):
        await hub.deliver(known())
    with pytest.raises(TryLater):
        await hub.deliver(known(callback="http://127.0.0.1:1/"))


async def test_what_is_gone_is_done(hub, known, faces, listening):
    job = known()
    faces.memory.events.clear()
    await hub.deliver(job)
    job = known()
    faces.memory.listeners.clear()
    await hub.deliver(job)
    await hub.deliver(known(face="tmf999-v1"))
    await hub.deliver(known(face="tmf678-v4"))
    assert listening.heard == []


@pytest.mark.parametrize(
    ("query", "is_wanted"),
    [
        ("eventType=ProductOrderStateChangeEvent", True),
        ("eventType=ProductOrderCreateEvent", False),
        ("eventType=ProductOrderCreateEvent&eventType=ProductOrderStateChangeEvent", True),
        ("eventType=ProductOrderCreateEvent,ProductOrderStateChangeEvent", True),
        ("state=held", True),
        ("state=completed", False),
        ("state=completed,held", True),
        ("productOrder.state=held", True),
        ("event.productOrder.state=completed", False),
        ("eventType=ProductOrderStateChangeEvent&state=held&description=blue", False),
        ("colour=red", False),
        ("correlationId=o1", True),
    ],
)
async def test_a_query_chooses(hub, known, listening, query, is_wanted):
    await hub.deliver(known(query=query))
    assert len(listening.heard) == is_wanted


def test_fields_choose_members_and_the_rest_stays():
    body = {"eventType": "A", "event": {"x": {"id": "1", "href": "h", "a": 1, "b": [{"c": 1, "d": 2}]}}}
    assert wanted(body, "fields=b.c")["event"] == {"x": {"id": "1", "href": "h", "b": [{"c": 1}]}}
    assert wanted(body, "b.d=2") is body
    assert wanted(body, "b.d=3") is None


async def test_the_clients_side_takes_notifications(faces, refused):
    path = "/tmf-api/productOrderingManagement/v4/listener/productOrderAttributeValueChangeEvent"
    body = {"eventId": "e1", "event": {"productOrder": {"id": "o1", "description": "x"}}}
    answer = await faces.http.post(path, json=body)
    assert answer.status_code == 201
    assert answer.json() == {"id": "e1", "callback": "http://gateway.test" + path}
    assert faces.heard == [("listenToProductOrderAttributeValueChangeEvent", body)]
    refused(await faces.http.post(path, json={"eventId": 7}), 400)

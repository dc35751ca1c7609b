"""Registrations: callbacks and queries that are taken, and those that are refused by name; and the client's side."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.app.documents import documents_directory
from gateway.faces.application import SPOKES
from gateway.faces.callbacks import Callbacks, shown
from gateway.faces.documents import load_document
from gateway.faces.hub_query import QueryCheck, wanted
from gateway.ports.errors import FaceError, SetupError

OLD, NEW = "/tmf-api/productOrderingManagement/v4/hub", "/tmf-api/productOrderingManagement/v5/hub"
SPOKE = {spoke.face: spoke for spoke in SPOKES}


async def test_a_registration_lives(faces, refused):
    made = await faces.http.post(faces.hub, json={"callback": "http://client.test/x", "query": "state=held"})
    assert made.status_code == 201
    body = made.json()
    assert body == {"id": body["id"], "callback": "http://client.test/x", "query": "state=held"}
    assert made.headers["location"] == f"http://gateway.test{faces.hub}/{body['id']}"
    assert faces.memory.listeners[body["id"]].face == "tmf622-v4"
    again = await faces.http.post(faces.hub, json={"callback": "http://client.test/x", "query": "state=held"})
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
     "file:///etc/passwd", "http://a/\n", "javascript:alert(1)", "http://[::1", "http://a/" + "x" * 3000,
     "https://user:secret@client.test/x", "https://user@client.test/x",
     "http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/", "http://224.0.0.1/", "http://2852039166/",
     "http://[::ffff:169.254.169.254]/"],
)  # fmt: skip
async def test_a_callback_must_be_an_address_that_a_listener_can_have(faces, refused, callback):
    said = refused(await faces.http.post(faces.hub, json={"callback": callback}), 400)
    assert said["code"] == "badCallback"
    assert "secret" not in str(said)
    assert faces.memory.listeners == {}


@pytest.mark.parametrize(
    ("callbacks", "taken", "not_taken"),
    [
        (Callbacks(), ["http://127.0.0.1:9/x", "http://10.1.2.3/", "http://[::1]/", "https://any.test/"], ["http://169.254.1.1/"]),
        (Callbacks(private=False), ["https://any.test/", "http://8.8.8.8/"], ["http://127.0.0.1/", "http://10.1.2.3/", "http://[::1]/", "http://2130706433/"]),
        (Callbacks(("*.client.test", "192.0.2.0/24")), ["https://a.client.test/", "http://192.0.2.7:99/"], ["https://client.test/", "https://other.test/", "http://127.0.0.1/"]),
        (Callbacks(("Client.test",)), ["https://client.TEST/"], ["https://a.client.test/"]),
    ],
)  # fmt: skip
def test_the_operator_says_where_listeners_may_be(callbacks, taken, not_taken):
    for callback in taken:
        callbacks.check(callback)
    for callback in not_taken:
        with pytest.raises(FaceError, match="not allowed"):
            callbacks.check(callback)


@pytest.mark.parametrize("host", ["http://client.test", "a/b", "", "10.0.0.0/99", "a*b"])
def test_a_host_that_is_none_does_not_start(host):
    with pytest.raises(SetupError):
        Callbacks((host,))


def test_an_operator_sees_no_secret_of_a_callback():
    assert shown("https://client.test:8/x?token=secret") == "https://client.test:8/x?…"
    assert shown("https://client.test/x") == "https://client.test/x"


async def test_a_registration_needs_a_callback(faces, refused):
    assert refused(await faces.http.post(faces.hub, json={"query": "x"}), 400)["code"] == "schema"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("eventType=ProductOrderFancyEvent", "ProductOrderFancyEvent"),
        ("eventType=ProductOrderMilestoneEvent", "ProductOrderMilestoneEvent"),  # v4 has none
        ("eventType=ProductOrderCreateEvent&colour=red", "colour"),
        ("productOrder.colour=red", "colour"),
        ("cancelProductOrder.category=red", "category"),
        ("serviceOrder.state=held", "serviceOrder"),
        ("description.regex=[", "description"),
        ("eventTime=~[", "id"),
        ("orderDate.gt=soon", "orderDate"),
        ("filter=$.state", "filter"),
        ("held", "held"),
        ("fields=none&=x", "="),
        ("state=held&" + "x" * 5000, "4096"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused_by_name(faces, refused, query, named):
    answer = await faces.http.post(faces.hub, json={"callback": "http://client.test/x", "query": query})
    said = refused(answer, 400)
    assert said["code"] == "badQuery", said
    assert named in said["reason"]
    assert faces.memory.listeners == {}


@cache
def checks():
    spoke = SPOKE["tmf622-v4"]
    return QueryCheck(spoke, load_document(documents_directory() / spoke.document))


ORDER = {
    "id": "o1",
    "href": "h",
    "@type": "ProductOrder",
    "state": "held",
    "description": "red, or blue",
    "priority": "4",
    "orderDate": "2026-03-01T09:00:00Z",
    "productOrderItem": [{"id": "1", "quantity": 2, "action": "add"}, {"id": "2", "quantity": 5, "isOn": True}],
}
BODY = {
    "eventId": "e1",
    "eventType": "ProductOrderStateChangeEvent",
    "eventTime": "2026-03-01T10:00:00+01:00",
    "correlationId": "o1",
    "event": {"productOrder": ORDER},
}


@pytest.mark.parametrize(
    ("query", "is_wanted"),
    [
        ("eventType=ProductOrderStateChangeEvent", True),
        ("?eventType=ProductOrderStateChangeEvent", True),
        ("eventType=ProductOrderCreateEvent", False),
        ("eventType=ProductOrderCreateEvent&eventType=ProductOrderStateChangeEvent", True),
        ("eventType=ProductOrderCreateEvent,ProductOrderStateChangeEvent", True),
        ("eventType=ProductOrderCreateEvent;ProductOrderStateChangeEvent", True),
        ("eventType=ProductOrderCreateEvent;ProductOrderDeleteEvent", False),
        ("state=held", True),
        ("state='held'", True),
        ("state=completed", False),
        ("state=completed,held", True),
        ("state=completed;held", True),
        ("state=completed&state=held", True),
        ("state=completed;priority=4", True),
        ("state.ne=held", False),
        ("state!=completed", True),
        ("productOrder.state=held", True),
        ("event.productOrder.state=completed", False),
        ("cancelProductOrder.state=held", False),
        ("eventType=ProductOrderStateChangeEvent&state=held&description=blue", False),
        ("description='red, or blue'", True),
        ("description.regex=^red", True),
        ("description*=blue$", True),
        ("correlationId=o1", True),
        ("eventTime.gte=2026-03-01T09:00:00Z", True),
        ("eventTime%3E2026-03-01T09:00:00Z", False),
        ("orderDate.lt=2026-03-01T10:00:00%2B01:00", False),
        ("orderDate=2026-03-01T10:00:00%2B01:00", True),
        ("productOrderItem.quantity.gt=4", True),
        ("productOrderItem.quantity.gt=5", False),
        ("productOrderItem.quantity=5", True),
        ("productOrderItem.isOn=true", True),
        ("productOrderItem.action=delete", False),
    ],
)
def test_a_query_chooses(query, is_wanted):
    spoke = SPOKE["tmf622-v5"]
    assert (wanted(spoke, spoke.resources[0], BODY, query) is not None) == is_wanted


@given(query=st.text(st.sampled_from("ab=&;,.'!<>~*%()[]1 eventTypsafildrco"), max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_query_is_taken_or_refused_and_nothing_else(query):
    spoke = SPOKE["tmf622-v4"]
    try:
        checks().check(query)
    except FaceError as error:
        assert (error.status, error.code) == (400, "badQuery")
    else:
        wanted(spoke, spoke.resources[0], BODY, query)


def test_fields_choose_members_and_what_names_the_resource_stays():
    new, old = SPOKE["tmf622-v5"], SPOKE["tmf622-v4"]
    assert wanted(new, new.resources[0], BODY, "fields=productOrderItem.id")["event"] == {
        "productOrder": {
            "id": "o1",
            "href": "h",
            "@type": "ProductOrder",
            "productOrderItem": [{"id": "1"}, {"id": "2"}],
        }
    }
    assert wanted(old, old.resources[0], BODY, "fields=state,nothing&state=held")["event"] == {
        "productOrder": {"id": "o1", "href": "h", "state": "held"}
    }
    assert wanted(old, old.resources[0], BODY, "fields=none")["event"] == {"productOrder": {"id": "o1", "href": "h"}}
    assert wanted(old, old.resources[0], BODY, "fields=state")["eventId"] == "e1"
    assert wanted(old, old.resources[0], BODY, None) is BODY


@pytest.mark.parametrize("face", sorted(SPOKE))
async def test_every_type_of_event_can_be_asked_for(faces, face):
    spoke = SPOKE[face]
    types = [shown.event_name(one) for shown in spoke.resources for one in sorted(shown.events)]
    body = {"callback": "http://client.test/x", "query": "&".join(f"eventType={one}" for one in types)}
    answer = await faces.http.post(
        f"{spoke.base}/hub", json=body | ({"@type": spoke.hub_type} if spoke.hub_type else {})
    )
    assert answer.status_code == 201, answer.text


async def test_the_clients_side_keeps_what_it_is_told(faces, refused):
    path = "/tmf-api/productOrderingManagement/v4/listener/productOrderAttributeValueChangeEvent"
    body = {"eventId": "e1", "event": {"productOrder": {"id": "o1", "description": "x"}}}
    answer = await faces.http.post(path, json=body)
    assert answer.status_code == 201
    assert answer.json() == {"id": "e1", "callback": "http://gateway.test" + path}
    (kept,) = faces.heard
    assert (kept.face, kept.event_type) == ("tmf622-v4", "ProductOrderAttributeValueChangeEvent")
    assert (kept.event_id, kept.resource_id, kept.body) == ("e1", "o1", body)
    refused(await faces.http.post(path, json={"eventId": 7}), 400)
    assert len(faces.heard) == 1


async def test_the_clients_side_of_v5_answers_nothing_more(faces):
    path = "/tmf-api/serviceOrdering/v5/listener/serviceOrderStateChangeEvent"
    body = {
        "@type": "ServiceOrderStateChangeEvent",
        "eventId": "e2",
        "source": {"id": "element-7", "@type": "EntityRef"},
        "event": {"serviceOrder": {"id": "s1", "@type": "ServiceOrder", "state": "completed"}},
    }
    answer = await faces.http.post(path, json=body)
    assert (answer.status_code, answer.content) == (204, b"")
    (kept,) = faces.heard
    assert (kept.face, kept.source, kept.resource_id) == ("tmf641-v5", "element-7", "s1")

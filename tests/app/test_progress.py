"""What an order shows outside while it goes on its way: milestones, alerts, notes, and their notifications."""

import pytest

from gateway.app.demo import bodies

pytestmark = pytest.mark.server


def fibre(name, place=1011):
    item = bodies.added("1", "FIBRE-500", 1011, place=place, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011, [item])


async def test_a_service_order_shows_the_milestones_it_reached(gateway):
    timeline = await gateway.end(await gateway.send(fibre("milestones")))
    service_order = await gateway.client.read("tmf641-v4", timeline["serviceOrders"][0])
    reached = [(one["name"], one["status"]) for one in service_order["milestone"]]
    assert reached == [("released", "Completed"), ("ready", "Completed"), ("activated", "Completed")]
    assert all(one["milestoneDate"] for one in service_order["milestone"])
    assert "jeopardyAlert" not in service_order
    told = [one for one in timeline["events"] if one["type"] == "milestone" and one["resourceKind"] == "productOrder"]
    assert len(told) == 7


async def test_an_order_that_waits_shows_who_has_to_act_and_for_what(gateway):
    order = await gateway.send(fibre("waits", place=9001))
    timeline = await gateway.end(order)
    assert timeline["state"] == "held"
    stored = await gateway.runtime.repository.load(order)
    (alert,) = stored.product_order.jeopardies
    assert alert.jeopardy_type == "normal"
    assert alert.exception == "site.qualified"
    assert alert.message == "waits for site.qualified item:1; the provider has to act"
    assert [one.item_id for one in alert.items] == ["1"]
    seen = await gateway.client.read("tmf622-v4", order)
    assert "jeopardies" not in seen
    assert "productOrderJeopardyAlert" not in seen
    assert "site.qualified item:1" in seen["note"][-1]["text"]


async def test_the_same_wait_is_alerted_once(gateway):
    order = await gateway.send(fibre("once", place=9001))
    await gateway.end(order)
    assert (await gateway.http.post(f"/lifecycle/v1/orders/{order}/recheck")).status_code == 202
    await gateway.end(order)
    stored = await gateway.runtime.repository.load(order)
    assert len(stored.product_order.jeopardies) == 1

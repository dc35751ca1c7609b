"""Orders travel from their POST to their bill through the simulated landscape, with no further call from outside."""

import asyncio
import time

import httpx
import pytest
from aiohttp import web

from gateway.app.demo import bodies
from gateway.app.demo.client import open_holds
from gateway.app.demo.day import working_day

pytestmark = pytest.mark.server


def fibre(name, place=1011, customer=1011, speed=500):
    item = bodies.added("1", f"FIBRE-{speed}", customer, place=place, characteristics=[bodies.rate(speed)])
    return bodies.product_order(name, customer, [item])


def states(timeline, kind="productOrder"):
    return [
        one["state"]
        for one in timeline["events"]
        if one["resourceKind"] == kind and one["type"] in {"create", "stateChange"}
    ]


async def test_a_new_line_ends_with_its_bill(gateway):
    order_id = await gateway.send(fibre("new"))
    timeline = await gateway.end(order_id)
    assert timeline["lifecycle"]["checkpoint"] == "closed", open_holds(timeline)
    assert states(timeline) == ["acknowledged", "inProgress", "completed"]
    assert states(timeline, "serviceOrder") == ["acknowledged", "inProgress", "completed"]
    order = await gateway.client.read("tmf622-v4", order_id)
    assert order["completionDate"]
    service_order = await gateway.client.read("tmf641-v4", timeline["serviceOrders"][0])
    assert service_order["externalId"] == order_id
    delivered = {
        c["name"]: c["value"] for c in service_order["serviceOrderItem"][0]["service"]["serviceCharacteristic"]
    }
    assert delivered["downstreamRate"] == {"amount": 500000, "units": "kbit/s"}
    assert delivered["serial"]
    rates, bills = await gateway.client.billing(timeline)
    assert [rate["taxExcludedAmount"]["value"] for rate in rates] == [40]
    assert rates[0]["isBilled"] is True
    assert rates[0]["bill"]["id"] == bills[0]["id"]
    assert bills[0]["taxIncludedAmount"]["value"] == 48
    verdicts = [one["verdict"] for one in timeline["decisions"]]
    assert set(verdicts) == {"advance"}
    assert [one["gate"] for one in timeline["decisions"]] == [
        "intake",
        "order-to-build",
        "build-to-activation",
        "build-to-activation",
        "activation-to-billing",
        "activation-to-billing",
        "billing-to-close",
    ]


async def test_each_system_is_asked_to_make_each_thing_once(gateway):
    order_id = await gateway.send(fibre("once"))
    await gateway.end(order_id)
    for role in ("field-work", "activation", "billing"):
        found = await gateway.journal(role, order_id)
        assert found["entries"]
        assert found["duplicates"] == 0


async def test_the_facts_of_an_order_form_a_chain(gateway):
    timeline = await gateway.end(await gateway.send(fibre("chain")))
    facts = timeline["facts"]
    assert facts[0].get("previous") is None
    assert all(fact["previous"].startswith("sha256:") for fact in facts[1:])
    assert timeline["lifecycle"]["contextHash"].startswith("sha256:")


async def test_a_first_contact_is_refused_whole_and_mended_it_is_billed(gateway):
    wrong = bodies.country_code_missing()
    answer = await gateway.client.create("tmf622-v4", wrong)
    assert answer.status_code == 422
    findings = answer.json()["finding"]
    assert {"ORD-005", "ORD-006", "IDN-001"} <= {one["code"] for one in findings}
    assert all(one["path"] and one["message"] for one in findings)
    assert (await gateway.http.get("/tmf-api/productOrderingManagement/v4/productOrder")).json() == []
    timeline = await gateway.end(await gateway.send(bodies.mended(wrong)))
    assert timeline["lifecycle"]["checkpoint"] == "closed", open_holds(timeline)
    rates, bills = await gateway.client.billing(timeline)
    assert sorted((rate["type"], rate["taxExcludedAmount"]["value"]) for rate in rates) == [
        ("discount", -4),
        ("nonRecurring", 0.99),
        ("recurring", 20),
    ]
    assert bills[0]["taxIncludedAmount"]["value"] == 16.99


async def test_a_missing_qualification_holds_and_its_arrival_releases_that_order_alone(gateway):
    held = await gateway.send(fibre("unsurveyed", place=9001))
    other = await gateway.send(fibre("unsurveyed-too", place=9001))
    timeline, _ = await gateway.end(held), await gateway.end(other)
    assert [hold["missing"] for hold in open_holds(timeline)] == [["site.qualified item:1"]]
    assert timeline["state"] in {"held", "pending"}
    order = await gateway.client.read("tmf622-v4", held)
    assert "site.qualified item:1" in order["note"][-1]["text"]
    fact = {
        "order": held,
        "predicate": "site.qualified",
        "subject": "item:1",
        "value": {"place": "ADDR-9001", "technology": "FTTH", "maxDownstreamRate": {"amount": 1000, "units": "Mbit/s"},
                  "result": "qualified", "validUntil": "2099-01-01T00:00:00Z"},
        "observedAt": "2026-11-01T09:00:00Z",
        "source": {"system": "survey"},
        "assurance": "attested",
    }  # fmt: skip
    began = time.monotonic()
    answer = await gateway.http.post("/lifecycle/v1/facts", json=fact)
    assert answer.status_code == 201, answer.text
    while (await gateway.client.read("tmf622-v4", held))["state"] in {"held", "pending"}:
        assert time.monotonic() - began < 2
        await asyncio.sleep(0.02)
    assert (await gateway.end(held))["lifecycle"]["checkpoint"] == "closed"
    assert open_holds(await gateway.client.timeline(other))


DAY = {entry.name: entry for entry in working_day()}


@pytest.mark.parametrize("name", [name for name, entry in DAY.items() if entry.expect is None and not entry.cancel])
async def test_every_kind_of_order_comes_to_its_end(gateway, name):
    timeline = await gateway.end(await gateway.send(DAY[name].body))
    assert (timeline["lifecycle"]["checkpoint"], timeline["state"]) == ("closed", "completed"), open_holds(timeline)


async def test_a_cancellation_in_flight_calls_back_what_was_sent(gateway):
    await gateway.misbehave("field-work", "slow-crew", "nothing")
    order_id = await gateway.send(fibre("cancel-me"))
    task = await gateway.client.cancel(order_id, "changed my mind")
    assert task.status_code == 201
    assert task.json()["state"] == "acknowledged"
    timeline = await gateway.end(order_id)
    assert timeline["state"] == "cancelled"
    read = await gateway.http.get(f"/tmf-api/productOrderingManagement/v4/cancelProductOrder/{task.json()['id']}")
    assert read.json()["state"] == "done"
    assert (await gateway.client.cancel(order_id, "again")).status_code == 409


async def test_past_the_point_of_no_return_a_cancellation_is_refused(gateway):
    await gateway.misbehave("billing", "too-late", "wrong-account:BA-1002")
    await gateway.misbehave("activation", "too-late", "slow-profile")
    order_id = await gateway.send(fibre("too-late"))
    assert open_holds(await gateway.end(order_id))
    task = (await gateway.client.cancel(order_id, "too late")).json()
    for _ in range(100):
        path = f"/tmf-api/productOrderingManagement/v4/cancelProductOrder/{task['id']}"
        task = (await gateway.http.get(path)).json()
        if task["state"] == "terminatedWithError":
            break
        await asyncio.sleep(0.02)
    assert task["state"] == "terminatedWithError"
    assert (await gateway.client.read("tmf622-v4", order_id))["state"] == "held"


async def test_a_system_that_is_down_delays_and_loses_nothing(gateway):
    await gateway.misbehave("activation", "anything", "down:1.5")
    timeline = await gateway.end(await gateway.send(fibre("patient")))
    assert timeline["lifecycle"]["checkpoint"] == "closed", open_holds(timeline)


async def test_nonsense_holds_with_its_words_quoted_and_a_recheck_goes_on(gateway):
    await gateway.misbehave("activation", "garbled", "nonsense")
    order_id = await gateway.send(fibre("garbled"))
    (hold,) = open_holds(await gateway.end(order_id))
    assert "SEGV" in hold["findings"][0]["reason"]
    assert "hunter2" not in str(hold)
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.delete(f"{gateway.systems['activation']}/_faults", params={"reference": "garbled"})
    assert (await gateway.http.post(f"/lifecycle/v1/orders/{order_id}/recheck")).is_success
    for _ in range(400):
        timeline = await gateway.client.timeline(order_id)
        if timeline["lifecycle"]["checkpoint"] == "closed":
            break
        await asyncio.sleep(0.03)
    assert timeline["lifecycle"]["checkpoint"] == "closed", open_holds(timeline)


async def test_an_unknown_code_holds_and_names_its_table(gateway):
    await gateway.misbehave("activation", "novel", "unknown-code")
    (hold,) = open_holds(await gateway.end(await gateway.send(fibre("novel"))))
    assert hold["findings"][0]["code"] == "VOC-001"
    assert "activation-service-state@1" in hold["findings"][0]["reason"]


async def test_a_listener_hears_of_an_order_from_its_creation_to_its_completion(gateway):
    heard = []

    async def hear(request):
        heard.append(await request.json())
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/heard", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    callback = f"http://127.0.0.1:{runner.addresses[0][1]}/heard"
    answer = await gateway.http.post("/tmf-api/productOrderingManagement/v4/hub", json={"callback": callback})
    assert answer.status_code == 201
    order_id = await gateway.send(fibre("heard"))
    await gateway.end(order_id)
    for _ in range(100):
        if any(
            one["event"]["productOrder"].get("state") == "completed" for one in heard if "State" in one["eventType"]
        ):
            break
        await asyncio.sleep(0.03)
    await runner.cleanup()
    kinds = [one["eventType"] for one in heard]
    assert kinds[0] == "ProductOrderCreateEvent"
    moves = [
        one["event"]["productOrder"]["state"] for one in heard if one["eventType"] == "ProductOrderStateChangeEvent"
    ]
    assert moves == ["inProgress", "completed"]


async def test_a_service_order_from_outside_alone_is_built_and_activated(gateway):
    body = {
        "description": "a vCPE",
        "serviceOrderItem": [
            {
                "id": "1",
                "action": "add",
                "service": {
                    "serviceSpecification": {"id": "1212"},
                    "serviceCharacteristic": [{"name": "vCPE", "valueType": "object", "value": {"MaxTxRate": 300}}],
                },
            }
        ],
    }
    order_id = await gateway.send(body, "tmf641-v4")
    timeline = await gateway.end(order_id)
    assert timeline["lifecycle"]["checkpoint"] == "closed", open_holds(timeline)
    assert (await gateway.client.read("tmf641-v4", order_id))["state"] == "completed"


async def test_a_bill_on_demand(gateway):
    account = {"billingAccount": {"id": "BA-1099"}, "description": "for the tax office"}
    answer = await gateway.http.post("/tmf-api/customerBillManagement/v4/customerBillOnDemand", json=account)
    assert answer.status_code == 201
    assert answer.json()["state"] == "inProgress"
    for _ in range(100):
        found = (await gateway.http.get(answer.headers["location"])).json()
        if found["state"] != "inProgress":
            break
        await asyncio.sleep(0.03)
    assert found["state"] == "rejected"
    assert found["description"].startswith("for the tax office ("), "what the client wrote stands before the reason"


async def test_a_sent_bill_may_go_on_hold_and_not_back_to_new(gateway):
    timeline = await gateway.end(await gateway.send(fibre("billed")))
    path = f"/tmf-api/customerBillManagement/v4/customerBill/{timeline['bills'][0]}"
    assert (await gateway.http.patch(path, json={"state": "new"})).status_code == 422
    answer = await gateway.http.patch(path, json={"state": "onHold"})
    assert (answer.status_code, answer.json()["state"]) == (200, "onHold")


async def test_a_service_order_for_an_unknown_product_order_is_refused(gateway):
    link = {"id": "no-such-order", "relationshipType": "fulfils", "@referredType": "ProductOrder"}
    body = {
        "orderRelationship": [link],
        "serviceOrderItem": [{"id": "1", "action": "add", "service": {"serviceSpecification": {"id": "1212"}}}],
    }
    answer = await gateway.client.create("tmf641-v4", body)
    assert answer.status_code == 422
    assert (await gateway.http.get("/tmf-api/serviceOrdering/v4/serviceOrder")).json() == []

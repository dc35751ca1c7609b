"""Facts over HTTP: late, repeated, reordered and contradictory ones; and decisions that can be made again."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.app.demo import bodies

pytestmark = pytest.mark.server


def fibre(name, place=1011):
    item = bodies.added("1", "FIBRE-500", 1011, place=place, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011, [item])


def qualified(order, **more):
    return {
        "order": order,
        "predicate": "site.qualified",
        "subject": "item:1",
        "value": {"place": "ADDR-9001", "technology": "FTTH", "result": "qualified",
                  "maxDownstreamRate": {"amount": 1000, "units": "Mbit/s"}, "validUntil": "2099-01-01T00:00:00Z"},
        "observedAt": "2026-11-01T09:00:00Z",
        "source": {"system": "survey"},
        "assurance": "verified",
    } | more  # fmt: skip


async def state(gateway, fact):
    return await gateway.http.post("/lifecycle/v1/facts", json=fact)


async def test_every_decision_of_an_order_comes_out_the_same_when_it_is_made_again(gateway):
    order = await gateway.send(fibre("again"))
    timeline = await gateway.end(order)
    assert len(timeline["decisions"]) == 7
    for decision in timeline["decisions"]:
        told = (await gateway.http.get(f"/lifecycle/v1/orders/{order}/decisions/{decision['id']}")).json()
        assert told["rerun"]["same"] is True, told
        assert told["rerun"]["verdict"] == decision["verdict"]
        assert {fact["id"] for fact in told["factsRead"]} == set(decision["facts"])
        assert set(decision["facts"]) <= set(told["context"])
    context = (await gateway.http.get(f"/lifecycle/v1/orders/{order}/context")).json()
    assert context["intact"] is True
    assert context["facts"] == len(timeline["facts"])
    assert (await gateway.http.get(f"/lifecycle/v1/orders/{order}/decisions/none")).status_code == 404


async def test_a_decision_to_hold_is_explained_as_it_was_even_after_the_fact_arrived(gateway):
    order = await gateway.send(fibre("late", place=9001))
    held = (await gateway.end(order))["decisions"][-1]
    assert held["missing"] == ["site.qualified item:1"]
    assert (await state(gateway, qualified(order))).status_code == 201
    assert (await gateway.end(order))["lifecycle"]["checkpoint"] == "closed"
    told = (await gateway.http.get(f"/lifecycle/v1/orders/{order}/decisions/{held['id']}")).json()
    assert told["rerun"] | {"findings": []} == {
        "verdict": "hold", "missing": ["site.qualified item:1"], "findings": [], "same": True,
    }  # fmt: skip


async def test_a_statement_made_twice_is_kept_once_and_answered_as_it_was(gateway):
    order = await gateway.send(fibre("twice", place=9001))
    await gateway.end(order)
    first = (await state(gateway, qualified(order))).json()
    assert (await gateway.end(order))["lifecycle"]["checkpoint"] == "closed"
    again = (await state(gateway, qualified(order))).json()
    assert again == first
    listed = (
        await gateway.http.get("/lifecycle/v1/facts", params={"order": order, "predicate": "site.qualified"})
    ).json()
    assert len(listed) == 1


async def test_what_was_known_then_can_be_asked_for(gateway):
    order = await gateway.send(fibre("then", place=9001))
    await gateway.end(order)
    wrong = (await state(gateway, qualified(order, value={"place": "ADDR-9001", "result": "refused"}))).json()["facts"][
        0
    ]
    then = datetime.now(UTC)
    right = qualified(order, supersedes=wrong["id"], reason="the survey was of the house next door")
    right = (await state(gateway, right)).json()["facts"][0]
    here = {"order": order, "predicate": "site.qualified"}

    async def known(**more):
        answer = await gateway.http.get("/lifecycle/v1/facts", params={**here, **more})
        return [fact["id"] for fact in answer.json()]

    assert await known() == [wrong["id"], right["id"]]
    assert await known(knownAt=then.isoformat()) == [wrong["id"]]
    assert await known(validAt=then.isoformat()) == [right["id"]]
    assert await known(knownAt=then.isoformat(), validAt=then.isoformat()) == [wrong["id"]]
    assert await known(validAt=(then - timedelta(days=3650)).isoformat()) == []
    assert (await gateway.http.get("/lifecycle/v1/facts", params={**here, "knownAt": "yesterday"})).status_code == 400


async def test_a_statement_that_cannot_stand_is_refused_and_not_stored(gateway):
    order = await gateway.send(fibre("refused", place=9001))
    before = await gateway.end(order)
    for more, status, path in (
        ({"supersedes": "f-1", "reason": "wrong house"}, 422, "facts[0].supersedes"),
        ({"supersedes": "f-1"}, 400, "facts[0].reason"),
        ({"predicate": "site.blessed"}, 400, None),
        ({"subject": "house"}, 400, None),
    ):
        answer = await state(gateway, qualified(order, **more))
        assert answer.status_code == status, answer.text
        assert answer.json()["reason"]
        assert path is None or path in answer.text
    assert (await gateway.client.timeline(order))["facts"] == before["facts"]


async def test_a_system_without_authority_corroborates_and_no_more(gateway):
    order = await gateway.send(fibre("hearsay", place=9001))
    await gateway.end(order)
    hearsay = qualified(order, predicate="order.accepted", subject="productOrder", value={"order": order})
    assert (await state(gateway, hearsay)).status_code == 201
    bill = qualified(order, predicate="bill.sent", subject="bill:1", value={"account": "BA-1"})
    assert (await state(gateway, bill)).status_code == 201
    timeline = await gateway.end(order)
    assert timeline["holds"][-1]["missing"] == ["site.qualified item:1"]

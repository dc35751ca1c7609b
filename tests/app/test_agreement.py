"""The systems are read back after delivery: what drifted is found within one run, and closed again when it is mended."""

import asyncio
import time

import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import open_holds
from gateway.app.demo.day import working_day
from tests.app.landscape import Store

pytestmark = pytest.mark.server

HOUR = 3_600_000


@pytest.fixture
def network(tmp_path):
    return Store(tmp_path / "gateway.sqlite.landscape" / "activation.sqlite")


@pytest.fixture
def billing(tmp_path):
    return Store(tmp_path / "gateway.sqlite.landscape" / "billing.sqlite")


@pytest.fixture
def audit(gateway):
    """Reads the systems back once, to the end, and returns the run and what is open."""

    async def run(**body):
        answer = await gateway.http.post("/lifecycle/v1/agreement/runs", json=body)
        assert answer.status_code == 202, answer.text
        until = time.monotonic() + 30
        while True:
            found = (await gateway.http.get(answer.headers["location"])).json()
            if found["state"] == "done":
                break
            assert time.monotonic() < until, found
            await asyncio.sleep(0.03)
        drifts = (await gateway.http.get("/lifecycle/v1/drift?state=open")).json()
        return found, drifts

    return run


def fibre(name, number=1011, speed=500):
    item = bodies.added("1", f"FIBRE-{speed}", number, place=number, characteristics=[bodies.rate(speed)])
    return bodies.product_order(name, number, [item])


async def delivered(gateway, body):
    timeline = await gateway.end(await gateway.send(body))
    assert timeline["lifecycle"]["checkpoint"] == "closed", open_holds(timeline)
    return timeline


def service_of(network, order_id):
    (row,) = [one for one in network.all_of("service") if any(m.startswith(order_id) for m in one["orders"])]
    return row


async def test_what_was_delivered_and_is_still_there_agrees_on_every_predicate(gateway, audit):
    timeline = await delivered(gateway, fibre("still"))
    facts = len(timeline["facts"])
    run, drifts = await audit()
    assert (run["orders"], run["agreeing"], drifts) == (1, 1, [])
    scores = {one["predicate"]: one for one in run["scores"]}
    assert {one.get("score", 1) for one in scores.values()} == {1}
    assert scores["service.state"]["coverage"] == 1
    assert scores["field.completed"]["coverage"] == 0
    assert "score" not in scores["field.completed"]
    assert len((await gateway.client.timeline(timeline["id"]))["facts"]) == facts
    agreement = (await gateway.http.get(f"/lifecycle/v1/agreement?order={timeline['id']}")).json()
    (one,) = agreement["orders"]
    assert one["ordered"] == one["delivered"] == one["billed"] == {"EUR": 4000}
    assert one["readBack"]["delivered"] == one["readBack"]["billed"] == {"EUR": 4000}
    assert one["readBack"]["agrees"] is True
    together = agreement["readBack"]
    assert together["delivered"] == together["billed"] == agreement["totals"]["billed"] == {"EUR": 4000}
    assert (together["orders"], together["agreeing"], together["openDrifts"]) == (1, 1, 0)


async def test_a_whole_day_of_orders_of_every_kind_raises_no_false_alarm(gateway, audit):
    healthy = [one.body for one in working_day() if one.expect is None and not one.cancel and one.outside is None]
    healthy.append(bodies.mended(bodies.country_code_missing()))
    ends = await asyncio.gather(*(delivered(gateway, body) for body in healthy))
    run, drifts = await audit()
    assert drifts == []
    assert (run["orders"], run["agreeing"], run["notReadBack"]) == (len(ends), len(ends), {})
    assert run["worst"]["score"] == 1


async def test_an_old_charge_that_goes_on_beside_the_new_one_is_found(gateway, audit, billing):
    (faster,) = [one.body for one in working_day() if one.name.startswith("faster")]
    timeline = await delivered(gateway, faster)
    assert (await audit())[1] == []
    (old,) = [one for one in billing.all_of("charge") if one.get("stopped")]
    billing.put("charge", {name: value for name, value in old.items() if name != "stopped"})
    _, (drift,) = await audit()
    assert (drift["order"], drift["code"], drift["aspect"]) == (timeline["id"], "BIL-004", "charge")
    assert drift["moneyAtStake"] == {"EUR": 2500}


async def test_a_speed_changed_in_the_network_is_found_and_closed_when_it_is_mended(gateway, audit, network):
    timeline = await delivered(gateway, fibre("slowed"))
    service = service_of(network, timeline["id"])
    network.put("service", service | {"profile": "FTTH_250_25"})
    run, (drift,) = await audit()
    assert (run["opened"], run["agreeing"]) == (1, 0)
    assert run["worst"]["predicate"] == "service.activated"
    assert (drift["code"], drift["order"], drift["subject"]) == ("ACT-006", timeline["id"], "item:1")
    assert drift["moneyAtStake"] == {"EUR": 4000}
    assert "250" in drift["reason"]
    after = await gateway.client.timeline(timeline["id"])
    assert (after["state"], after["lifecycle"]["checkpoint"], open_holds(after)) == ("completed", "closed", [])
    new = after["facts"][len(timeline["facts"]) :]
    assert {(one["predicate"], one["reason"]) for one in new} == {("service.activated", "read back after delivery")}
    assert all(one["supersedes"] for one in new)

    again, (same,) = await audit()
    assert (again["opened"], same["id"], same["openedAt"]) == (0, drift["id"], drift["openedAt"])
    assert len((await gateway.client.timeline(timeline["id"]))["facts"]) == len(after["facts"])

    network.put("service", service)
    mended, none = await audit()
    assert (mended["closed"], none) == (1, [])
    (closed,) = (await gateway.http.get("/lifecycle/v1/drift?state=closed")).json()
    assert (closed["id"], closed["code"]) == (drift["id"], "ACT-006")


async def test_a_service_that_was_suspended_behind_our_back_is_a_state_that_differs(gateway, audit, network):
    timeline = await delivered(gateway, fibre("asleep"))
    service = service_of(network, timeline["id"])
    network.put("service", service | {"state": "SUS"})
    _, drifts = await audit()
    assert drifts == []  # within the grace that is given to clocks and messages
    network.put("service", service | {"state": "SUS", "at": service["at"] - 2 * HOUR})
    _, (drift,) = await audit()
    assert (drift["code"], drift["moneyAtStake"]) == ("AGR-001", {"EUR": 4000})


@pytest.mark.parametrize("gone", ["ceased", "removed"])
async def test_a_product_without_a_service_is_a_phantom(gateway, audit, network, gone):
    timeline = await delivered(gateway, fibre(gone))
    service = service_of(network, timeline["id"])
    if gone == "removed":
        network.remove("service", service["id"])
    else:
        network.put("service", service | {"state": "TRM", "at": service["at"] - 2 * HOUR})
    _, (drift,) = await audit()
    assert (drift["code"], drift["aspect"], drift["moneyAtStake"]) == ("ACT-011", "delivery", {"EUR": 4000})


async def test_a_service_without_a_product_is_a_ghost(gateway, audit, network):
    await delivered(gateway, fibre("honest"))
    ghost = network.all_of("service")[0]
    network.put("service", ghost | {"id": "SVC-00000GHOST", "product": "", "orders": []})
    run, (drift,) = await audit()
    assert run["opened"] == 1
    assert (drift["code"], drift["aspect"]) == ("ACT-011", "inventory")
    assert drift["legacy"]["legacyId"] == "SVC-00000GHOST"
    assert "order" not in drift
    assert drift["moneyAtStake"] == {"EUR": 2500}  # what its offering costs
    network.remove("service", "SVC-00000GHOST")
    assert (await audit())[1] == []


async def test_a_charge_for_another_amount_is_found_and_closed(gateway, audit, billing):
    timeline = await delivered(gateway, fibre("dear"))
    (charge,) = [one for one in billing.all_of("charge") if one["item"] == "1"]
    billing.put("charge", charge | {"net": 4500, "tax": 900, "gross": 5400})
    _, (drift,) = await audit()
    assert (drift["code"], drift["order"], drift["moneyAtStake"]) == ("BIL-008", timeline["id"], {"EUR": 500})
    billing.put("charge", charge)
    assert (await audit())[1] == []


async def test_a_charge_that_vanished_is_a_service_that_nobody_charges(gateway, audit, billing):
    await delivered(gateway, fibre("free"))
    (charge,) = [one for one in billing.all_of("charge") if one["item"] == "1"]
    billing.put("charge", charge | {"state": "CANC"})
    _, (drift,) = await audit()
    assert (drift["code"], drift["aspect"], drift["moneyAtStake"]) == ("BIL-002", "charge", {"EUR": 4000})


async def test_a_charge_that_goes_on_after_the_cease_is_found(gateway, audit, billing):
    body = bodies.product_order("leave", 1001, [bodies.changed("1", "delete", "PR-1001", "FIBRE-100")])
    timeline = await delivered(gateway, body)
    run, drifts = await audit()
    assert (run["orders"], run["agreeing"], drifts) == (1, 1, [])
    (charge,) = [one for one in billing.all_of("charge") if one["product"] == "PR-1001"]
    assert charge["stopped"]
    billing.put("charge", {name: value for name, value in charge.items() if name != "stopped"})
    _, (drift,) = await audit()
    assert (drift["code"], drift["order"], drift["moneyAtStake"]) == ("BIL-010", timeline["id"], {"EUR": 2500})
    billing.put("charge", charge)
    assert (await audit())[1] == []


async def test_only_the_last_order_on_a_product_answers_for_it(gateway, audit, network, billing):
    first = await delivered(gateway, fibre("first"))
    order = await gateway.client.read("tmf622-v4", first["id"])
    product = order["productOrderItem"][0]["product"]["id"]
    leave = bodies.product_order("second", 1011, [bodies.changed("1", "delete", product, "FIBRE-500")])
    second = await delivered(gateway, leave)
    run, drifts = await audit()
    assert (run["orders"], drifts) == (1, [])
    service = service_of(network, first["id"])
    network.put("service", service | {"state": "ACT", "at": service["at"] - 2 * HOUR})
    _, (drift,) = await audit()
    assert (drift["order"], drift["code"]) == (second["id"], "AGR-001")


async def test_a_system_that_does_not_answer_is_not_read_back_and_never_agrees(gateway, audit, network):
    timeline = await delivered(gateway, fibre("silent"))
    service = service_of(network, timeline["id"])
    network.put("service", service | {"profile": "FTTH_250_25"})
    _, (drift,) = await audit()
    await gateway.misbehave("activation", "anything", "down:4")
    run, (still,) = await audit(orders=[timeline["id"]])
    assert (run["orders"], run["agreeing"], still["id"]) == (1, 0, drift["id"])
    assert "simulated-activation" in run["notReadBack"]
    agreement = (await gateway.http.get(f"/lifecycle/v1/agreement?order={timeline['id']}")).json()
    assert "agrees" not in agreement["orders"][0]["readBack"]
    assert list(agreement["orders"][0]["readBack"]["notReadBack"]) == ["delivery"]


async def test_a_day_is_counted_and_summed(gateway, audit):
    timeline = await delivered(gateway, fibre("daily"))
    day = timeline["events"][0]["at"][:10]
    found = (await gateway.http.get(f"/lifecycle/v1/agreement?day={day}")).json()
    other = (await gateway.http.get("/lifecycle/v1/agreement?day=2001-01-01")).json()
    assert found["day"]["ordered"] + other["day"]["ordered"] in {0, 1}  # the day is the landscape's, not UTC's
    assert other["orders"] == []
    assert (await gateway.http.get("/lifecycle/v1/agreement?day=yesterday")).status_code == 400
    assert found["readBack"]["state"] == "not read back"

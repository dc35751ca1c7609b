"""Exceptions over HTTP: bad requests get plain answers; parameters are mended as tables are; refusals are counted."""

import asyncio
import time
from pathlib import Path

import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import open_holds
from gateway.app.runtime import open_runtime
from gateway.vocabulary.texts import read_texts

pytestmark = pytest.mark.server

EXCEPTIONS = "/lifecycle/v1/exceptions"
FIELD = Path(__file__).parents[2] / "adapters" / "simulated" / "field" / "codes.yaml"
MORE = """\
  XFR: {to: acknowledged, rel: narrower, note: handed to another depot, class: {terminal: false, billable: false}}
  ZZT: {to: inProgress, rel: narrower, note: at work at another depot, class: {terminal: false, billable: false}}
"""


def field_status():
    text = read_texts(FIELD)["field-status"].text.replace("version: 1", "version: 2")
    return text.replace("codes: [", "codes: [XFR, ZZT, ").replace("map:\n", "map:\n" + MORE)


def fibre(name):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011, [item])


async def get(gateway, path=""):
    answer = await gateway.http.get(EXCEPTIONS + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def group_of(gateway, rule):
    (found,) = [one for one in await get(gateway) if one["rule"] == rule]
    return found


async def until_status(gateway, fingerprint, wanted, seconds=30.0):
    limit = time.monotonic() + seconds
    while (found := await get(gateway, f"/{fingerprint}"))["status"] != wanted:
        assert time.monotonic() < limit, found
        await asyncio.sleep(0.1)
    return found


@pytest.fixture
async def slow(gateway):
    """Three orders that got half of what they ordered, and a healthy one."""
    for name in ("slow-1", "slow-2", "slow-3"):
        await gateway.misbehave("activation", name, "slow-profile")
    orders = [await gateway.send(fibre(name)) for name in ("slow-1", "slow-2", "slow-3", "sound")]
    for order in orders:
        await gateway.end(order)
    return orders


async def test_a_parameter_is_tried_and_taken_up_for_the_group_and_for_orders_to_come(gateway, slow):
    group = await group_of(gateway, "ACT-006@1")
    assert (group["valueClass"], group["openOrders"], group["class"]) == ("ratio≈0.5", 3, "imbalance")
    assert group["moneyAtStake"] == [{"currency": "EUR", "minorUnits": 0}]
    name = group["fingerprint"][:12]
    staged = await gateway.http.post(
        f"{EXCEPTIONS}/{name}/fix", json={"policy": {"rateTolerancePercent": 20}, "who": "anna"}
    )
    assert staged.status_code == 201
    waited_for = await gateway.runtime.mender.shadow(name, wait_seconds=0.0)
    assert waited_for.shadow is None
    await asyncio.wait(set(gateway.runtime.mender._playing.values()))
    shadow = (await gateway.http.post(f"{EXCEPTIONS}/{name}/shadow", json={})).json()
    assert (shadow["stillHeld"], shadow["wouldRelease"], shadow["control"]) == (3, 0, 1)
    assert [one["what"] for one in (await get(gateway, f"/{name}"))["timeline"]] == ["staged", "shadowed"]
    await gateway.http.post(f"{EXCEPTIONS}/{name}/fix", json={"policy": {"rateTolerancePercent": 60}})
    shadow = (await gateway.http.post(f"{EXCEPTIONS}/{name}/shadow", json={"sample": 1, "seed": 3})).json()
    assert (shadow["stillHeld"], shadow["wouldRelease"], shadow["newlyBroken"], shadow["seed"]) == (0, 3, 0, 3)
    assert (await get(gateway, f"/{name}"))["openOrders"] == 3
    assert (await gateway.http.post(f"{EXCEPTIONS}/{name}/replay", json={"who": "anna"})).status_code == 202
    found = await until_status(gateway, name, "verified")
    assert found["replay"]["released"] == 3
    for order in slow[:3]:
        assert not open_holds(await gateway.end(order))
    await gateway.misbehave("activation", "slow-4", "slow-profile")
    assert not open_holds(await gateway.end(await gateway.send(fibre("slow-4"))))
    async with open_runtime(gateway.runtime.settings.model_copy(update={"workers": 0})) as other:
        assert other.desk.terms.policy.rate_tolerance_percent == 60


async def test_members_that_the_fix_does_not_mend_stay_and_say_so(gateway, slow):
    name = (await group_of(gateway, "ACT-006@1"))["fingerprint"]
    await gateway.http.post(f"{EXCEPTIONS}/{name}/fix", json={"policy": {"rateTolerancePercent": 20}})
    await gateway.http.post(f"{EXCEPTIONS}/{name}/shadow", json={})
    await gateway.http.post(f"{EXCEPTIONS}/{name}/replay", json={})
    found = await until_status(gateway, name, "open")
    assert (found["replay"]["held"], found["openOrders"], found["reopened"]) == (3, 3, 0)
    assert found["timeline"][-1]["what"] == "stillHeld"
    closed = await gateway.http.post(f"{EXCEPTIONS}/{name}/close", json={"reason": "tired of it"})
    assert (closed.status_code, closed.json()["code"]) == (409, "stillHeld")


async def test_a_fact_that_never_came_is_an_exception_of_its_own(gateway):
    await gateway.misbehave("activation", "unprobed", "no-probe")
    await gateway.end(await gateway.send(fibre("unprobed")))
    found = await get(gateway)
    assert [one["rule"] for one in found] == ["ACT-002@1"]
    await gateway.http.patch(
        f"{EXCEPTIONS}/{found[0]['fingerprint']}", json={"owner": "network desk", "note": "probe is down"},
        headers={"content-type": "application/merge-patch+json"},
    )  # fmt: skip
    named = await get(gateway, "?owner=network%20desk")
    assert (named[0]["owner"], named[0]["note"]) == ("network desk", "probe is down")
    await gateway.http.patch(f"{EXCEPTIONS}/{found[0]['fingerprint']}", json={"owner": None})
    assert await get(gateway, "?owner=network%20desk") == []


async def test_an_order_refused_at_the_door_is_counted_and_not_stored(gateway):
    item = bodies.added(
        "1", "FIBRE-500", 1011, place=1011, price=bodies.swapped_price(), characteristics=[bodies.rate(500)]
    )
    answer = await gateway.client.create("tmf622-v4", bodies.product_order("swapped", 1011, [item]))
    assert answer.status_code == 422
    group = await group_of(gateway, "MON-002@1")
    assert (group["gate"], group["exceptions"], group["openOrders"]) == ("intake", 1, 0)
    detail = await get(gateway, f"/{group['fingerprint']}")
    assert detail["members"][0]["origin"] == "reject"
    assert "href" not in detail["members"][0]
    figures = (await gateway.http.get("/lifecycle/v1/metrics/exceptions")).json()
    assert (figures["orders"], figures["firstTimeRightPercent"]) == (1, 0.0)
    listed = await gateway.http.get("/lifecycle/v1/orders")
    assert listed.json() == []


BAD = [
    ("GET", "?status=sad", None, 400, "badParameter"),
    ("GET", "?sort=beauty", None, 400, "badParameter"),
    ("GET", "?colour=red", None, 400, "badParameter"),
    ("GET", "?offset=-1", None, 400, "badParameter"),
    ("GET", "/zz", None, 404, "notFound"),
    ("GET", "/" + "a" * 64, None, 404, "notFound"),
    ("GET", "/{one}?members=some", None, 400, "badParameter"),
    ("PATCH", "/{one}", {}, 400, "schema"),
    ("PATCH", "/{one}", {"owner": 7}, 400, "schema"),
    ("POST", "/{one}/fix", {}, 422, "badFix"),
    ("POST", "/{one}/fix", {"policy": {"rateTolerancePercent": "many"}}, 422, "badFix"),
    ("POST", "/{one}/fix", {"policy": {"rateTolerancePercent": -5}}, 422, "badFix"),
    ("POST", "/{one}/fix", {"policy": {"rateTolerancePercent": 1e308}}, 422, "badFix"),
    ("POST", "/{one}/fix", {"policy": {"kindness": 5}}, 422, "badFix"),
    ("POST", "/{one}/fix", {"policy": {"proration": "sometimes"}}, 422, "badFix"),
    ("POST", "/{one}/fix", {"vocabularies": ["no: table"]}, 422, "badFix"),
    ("POST", "/{one}/fix", {"vocabularies": ["]["]}, 422, "badFix"),
    ("POST", "/{one}/fix", {"vocabularies": [7]}, 400, "schema"),
    ("POST", "/{one}/shadow", {}, 409, "noFix"),
    ("POST", "/{one}/shadow", {"sample": -1}, 400, "schema"),
    ("POST", "/{one}/shadow", {"seed": 1.5}, 400, "schema"),
    ("POST", "/{one}/replay", {}, 409, "noFix"),
    ("POST", "/{one}/replay", {"force": " "}, 400, "schema"),
    ("POST", "/{one}/close", {}, 409, "stillHeld"),
    ("POST", "/" + "b" * 64 + "/fix", {"policy": {"billLagDays": 3}}, 404, "notFound"),
]


async def test_a_bad_request_gets_a_plain_answer(gateway, slow):
    one = (await group_of(gateway, "ACT-006@1"))["fingerprint"]
    for method, path, body, status, code in BAD:
        said = {"json": body} if body is not None else {}
        answer = await gateway.http.request(method, EXCEPTIONS + path.replace("{one}", one), **said)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (method, path, body, answer.text)
    group = await get(gateway, f"/{one}")
    assert (group["status"], group["timeline"]) == ("open", [])


LENIENT = "name: lenient\nversion: 1\nbindings:\n  - {rule: ACT-006, mode: warn}\n"


async def test_a_rule_set_is_tried_on_the_stored_context_and_put_into_force(gateway, slow):
    one = (await group_of(gateway, "ACT-006@1"))["fingerprint"]
    wrong = await gateway.http.post(f"{EXCEPTIONS}/{one}/fix", json={"ruleSet": LENIENT.replace("warn", "wish")})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "badFix")
    assert "4" in wrong.json()["reason"]
    said = {"ruleSet": LENIENT, "who": "anna", "reason": "measured at the wrong end"}
    assert (await gateway.http.post(f"{EXCEPTIONS}/{one}/fix", json=said)).status_code == 201
    shadow = (await gateway.http.post(f"{EXCEPTIONS}/{one}/shadow", json={})).json()
    assert (shadow["wouldRelease"], shadow["stillHeld"], shadow["newlyBroken"]) == (3, 0, 0)
    assert (await gateway.http.get("/lifecycle/v1/rule-sets")).json() == []
    for _ in range(2):  # asked twice, it is put into force once
        assert (await gateway.http.post(f"{EXCEPTIONS}/{one}/replay", json={"who": "ben"})).status_code == 202
    await until_status(gateway, one, "verified")
    for order in slow:
        assert not open_holds(await gateway.end(order))
    (kept,) = (await gateway.http.get("/lifecycle/v1/rule-sets")).json()
    assert (kept["name"], kept["status"]) == ("lenient", "active")


async def test_a_code_that_nobody_knew_is_one_group_and_its_row_releases_it(gateway):
    for name in ("depot-1", "depot-2"):
        await gateway.misbehave("field-work", name, "unknown-code")
        await gateway.end(await gateway.send(fibre(name)))
    group = await group_of(gateway, "VOC-001@1")
    assert (group["class"], group["vocabulary"], group["openOrders"]) == ("unknown-vocabulary", "field-status", 2)
    assert group["valueClass"].startswith("unknown-code:")
    one = group["fingerprint"]
    await gateway.http.post(f"{EXCEPTIONS}/{one}/fix", json={"vocabularies": [field_status()], "who": "anna"})
    shadow = (await gateway.http.post(f"{EXCEPTIONS}/{one}/shadow", json={})).json()
    assert (shadow["members"], shadow["wouldRelease"], shadow["newlyBroken"]) == (2, 2, 0), shadow
    await gateway.http.post(f"{EXCEPTIONS}/{one}/replay", json={"who": "anna"})
    found = await until_status(gateway, one, "verified")
    assert (found["openOrders"], found["orders"]) == (0, 2)
    for role in ("customer", "field-work", "activation", "billing"):
        assert (await gateway.journal(role))["duplicates"] == 0


async def test_an_item_that_a_system_refused_is_counted_once_by_the_code_of_the_refusal(gateway):
    for name in ("no-1", "no-2"):
        await gateway.misbehave("activation", name, "refuse-item:1")
        await gateway.end(await gateway.send(fibre(name)))
    group = await group_of(gateway, "refused@1")
    assert (group["valueClass"], group["class"], group["path"]) == ("refused:Server.SVC-4711", "technical", "item:*")
    assert (group["exceptions"], group["openOrders"], group["offeringFamily"]) == (2, 0, "CFS-FTTH")
    detail = await get(gateway, f"/{group['fingerprint']}?members=all")
    assert {(one["origin"], one["cause"]) for one in detail["members"]} == {("fault", "the item failed")}

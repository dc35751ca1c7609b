"""A wrong row in a table holds many orders in one group; corrected and replayed, all of them end, none sent twice.

`EXCEPTION_ORDERS=500` makes it as many.
"""

import asyncio
import os
import time
from pathlib import Path

import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import open_holds
from gateway.vocabulary.texts import read_texts

pytestmark = pytest.mark.server

ORDERS = int(os.environ.get("EXCEPTION_ORDERS", "40"))
HEALTHY = 10
EXCEPTIONS = "/lifecycle/v1/exceptions"
CODES = Path(__file__).parents[2] / "adapters" / "simulated" / "activation" / "codes.yaml"
# Without its examples: they would show the slip before anything came of it.
RIGHT = read_texts(CODES)["activation-rate-unit"].text.partition("examples:")[0]
WRONG = (
    RIGHT.replace("version: 1", "version: 2")
    .replace("K: {to: kbit/s, rel", "K: {to: Mbit/s, rel")
    .replace("kbit/s: K, ", "")
)
MENDED = RIGHT.replace("version: 1", "version: 3")
WORSE = MENDED.replace("B: {to: bit/s, rel", "B: {to: Mbit/s, rel").replace("bit/s: B, ", "")


def fibre(number):
    customer = 1011 + number % 8
    item = bodies.added("1", "FIBRE-500", customer, place=1011 + number % 30, characteristics=[bodies.rate(500)])
    return bodies.product_order(f"unit-{number}", customer, [item])


async def sent(gateway, numbers):
    gate = asyncio.Semaphore(16)

    async def one(number):
        async with gate:
            return await gateway.send(fibre(number))

    return await asyncio.gather(*(one(number) for number in numbers))


async def until(condition, seconds=60.0 + ORDERS):
    limit = time.monotonic() + seconds
    while not (found := await condition()):
        assert time.monotonic() < limit
        await asyncio.sleep(0.2)
    return found


async def get(gateway, path):
    answer = await gateway.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(gateway, path, status=200, **body):
    answer = await gateway.http.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def shadowed(gateway, one, **body):
    while True:
        answer = await gateway.http.post(f"{one}/shadow", json=body)
        if answer.status_code != 202:
            assert answer.status_code == 200, answer.text
            return answer.json()
        assert answer.json()["running"]


async def all_at(gateway, checkpoint, count):
    listed = await gateway.http.get(f"/lifecycle/v1/orders?checkpoint={checkpoint}&limit=1")
    return int(listed.headers["X-Total-Count"]) == count


async def journals(gateway):
    found = [await gateway.journal(role) for role in ("customer", "field-work", "activation", "billing")]
    assert [one["duplicates"] for one in found] == [0, 0, 0, 0]
    return [len(one["entries"]) for one in found]


async def test_one_wrong_row_is_one_group_and_its_correction_releases_every_order_once(gateway):
    started = time.monotonic()
    await sent(gateway, range(HEALTHY))
    await until(lambda: all_at(gateway, "closed", HEALTHY))
    await gateway.runtime.workshop.adopt([WRONG], who="ben", reason="a slip of the hand")
    orders = await sent(gateway, range(HEALTHY, HEALTHY + ORDERS))

    async def all_held():
        found = await get(gateway, EXCEPTIONS)
        return found if found and found[0]["openOrders"] == ORDERS else None

    groups = await until(all_held)
    held_after = time.monotonic() - started
    assert len(groups) == 1
    (group,) = groups
    assert (group["rule"], group["gate"], group["class"]) == ("AGR-001@1", "build-to-activation", "contradiction")
    assert (group["valueClass"], group["status"], group["offeringFamily"]) == ("ratio≈1000", "open", "CFS-FTTH")
    assert "kbit/s as Mbit/s" in group["suspectedCause"]
    assert sum(group["ages"].values()) == group["ages"]["0-4h"] == ORDERS
    one = f"{EXCEPTIONS}/{group['fingerprint']}"
    made_before = await journals(gateway)
    assert (await get(gateway, one))["sharedByMembersOnly"] == ["activation-rate-unit@2"]

    # A correction that mends these and breaks the others is seen through before anything changes.
    await post(gateway, f"{one}/fix", 201, vocabularies=[WORSE], who="carla", reason="a guess")
    assert (await post(gateway, f"{one}/replay", 409, who="carla"))["code"] == "noShadow"
    worse = await shadowed(gateway, one, sample=5, seed=7)
    assert worse["newlyBroken"] > 0
    assert (await post(gateway, f"{one}/replay", 409, who="carla"))["code"] == "newlyBroken"

    await post(gateway, f"{one}/fix", 201, vocabularies=[MENDED], who="anna", reason="K is kbit/s")
    shadow = await shadowed(gateway, one, sample=HEALTHY, seed=7)
    figures = {
        name: shadow[name] for name in ("members", "control", "wouldRelease", "stillHeld", "newlyBroken", "unanswered")
    }
    assert figures == {
        "members": ORDERS, "control": HEALTHY, "wouldRelease": ORDERS, "stillHeld": 0, "newlyBroken": 0, "unanswered": 0,
    }  # fmt: skip
    assert await journals(gateway) == made_before
    assert (await get(gateway, one))["openOrders"] == ORDERS
    shadowed_after = time.monotonic() - started

    begun = await post(gateway, f"{one}/replay", 202, who="anna")
    assert begun["enlisted"] == ORDERS

    async def verified():
        found = await get(gateway, one)
        return found if found["status"] == "verified" else None

    found = await until(verified)
    assert found["replay"] == {"pending": 0, "asked": 0, "released": ORDERS, "held": 0, "ended": 0}
    await until(lambda: all_at(gateway, "closed", HEALTHY + ORDERS))
    made = await journals(gateway)
    print(
        f"{ORDERS} held after {held_after:.1f} s, shadow-replayed {shadowed_after:.1f} s, ended {time.monotonic() - started:.1f} s; made {made}"
    )
    for order in orders[:10]:
        timeline = await gateway.client.timeline(order)
        assert not open_holds(timeline)
        assert timeline["lifecycle"]["checkpoint"] == "closed"

    assert (await post(gateway, f"{one}/close", who="anna"))["status"] == "closed"
    events = [event["what"] for event in (await get(gateway, one))["timeline"]]
    assert events == ["staged", "shadowed", "staged", "shadowed", "replaying", "verified", "closed"]
    metrics = await get(gateway, "/lifecycle/v1/metrics/exceptions")
    assert (metrics["orders"], metrics["exceptions"]) == (HEALTHY + ORDERS, ORDERS)
    assert metrics["firstTimeRightPercent"] == round(100 * HEALTHY / (HEALTHY + ORDERS), 4)

    # The same slip again is the same group, open again.
    await gateway.runtime.workshop.adopt([WRONG.replace("version: 2", "version: 4")], who="ben", reason="again")
    await sent(gateway, [HEALTHY + ORDERS])
    again = await until(lambda: reopened(gateway, one))
    assert (again["reopened"], again["openOrders"]) == (1, 1)


async def reopened(gateway, one):
    found = await get(gateway, one)
    return found if found["status"] == "open" else None

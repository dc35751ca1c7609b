"""An answer that is lost: the legacy system is asked what became of it, and nothing is made twice or forgotten."""

import asyncio

import pytest

from adapters.simulated.activation.adapter import ActivationAdapter
from gateway.app.demo import bodies
from gateway.ports.adapter import Capability

pytestmark = pytest.mark.server


def order(number):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    return bodies.product_order(f"outcome-{number}", 1011, [item])


async def made(gateway, role, reference):
    return sorted(entry["operation"] for entry in (await gateway.journal(role, reference))["entries"])


@pytest.mark.parametrize("fault", ["lost-answer", "lost-request"])
async def test_lost_before_or_after_it_was_done_each_thing_is_made_exactly_once(gateway, fault):
    for role in gateway.systems:
        await gateway.misbehave(role, f"outcome-{fault}", fault)
    order_id = await gateway.send(order(fault))
    timeline = await gateway.end(order_id)
    assert timeline["lifecycle"]["checkpoint"] == "closed", timeline["holds"]
    assert await made(gateway, "activation", f"outcome-{fault}") == ["insert", "reserve PRT"]
    for role in gateway.systems:
        assert (await gateway.journal(role, f"outcome-{fault}"))["duplicates"] == 0
        assert (await gateway.journal(role, f"outcome-{fault}"))["entries"]


@pytest.fixture
def declared(request, monkeypatch):
    """What the activation adapter declares of asking and of telling twice, in place of what it does declare."""
    known = {name: said for name, said in ActivationAdapter.capabilities.items() if not name.startswith("lookup")}
    monkeypatch.setattr(ActivationAdapter, "capabilities", known | dict.fromkeys(request.param, Capability.FULL))


@pytest.mark.parametrize("declared", [()], indirect=True)
@pytest.mark.parametrize("fault", ["lost-answer", "lost-request"])
async def test_where_the_system_cannot_be_asked_a_person_is_and_nothing_is_sent_again(declared, gateway, fault):
    await gateway.misbehave("activation", f"outcome-{fault}", fault)
    order_id = await gateway.send(order(fault))
    timeline = await gateway.end(order_id)
    (hold,) = [hold for hold in timeline["holds"] if "releasedAt" not in hold]
    assert hold["findings"][0]["code"] == "outcomeUnknown"
    assert order_id in hold["findings"][0]["reason"]
    once = ["reserve PRT"] if fault == "lost-answer" else []
    assert await made(gateway, "activation", f"outcome-{fault}") == once
    await asyncio.sleep(0.3)
    assert await made(gateway, "activation", f"outcome-{fault}") == once
    # A person has looked, and says: go on.
    await gateway.http.post(f"/lifecycle/v1/orders/{order_id}/recheck")
    async with asyncio.timeout(20):
        while (await gateway.client.timeline(order_id))["lifecycle"]["checkpoint"] != "closed":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (await gateway.journal("activation", f"outcome-{fault}"))["duplicates"] == 0


@pytest.mark.parametrize("declared", [("idempotent reserve", "idempotent activate")], indirect=True)
async def test_a_system_that_knows_what_it_has_had_is_told_again(declared, gateway):
    await gateway.misbehave("activation", "outcome-again", "lost-answer")
    timeline = await gateway.end(await gateway.send(order("again")))
    assert timeline["lifecycle"]["checkpoint"] == "closed", timeline["holds"]
    assert (await gateway.journal("activation", "outcome-again"))["duplicates"] == 0

"""A system that says what has changed: an order that would be asked for in an hour goes on at once."""

import asyncio

import pytest

from adapters.simulated.field.adapter import FieldAdapter
from gateway.app.demo import bodies
from gateway.ports.adapter import Capability, Outcome, Report
from gateway.ports.polling import Changed, Polled

pytestmark = pytest.mark.server


@pytest.fixture
def changes(monkeypatch):
    """What the field system tells next; an adapter that leaves a ticket alone for an hour, and asks for changes."""
    told, asked = [], []

    async def poll(self, cursor):
        asked.append(cursor)
        return Polled(changes=tuple(told[int(cursor or 0) :]), cursor=str(len(told)), again_after_seconds=0.05)

    def working(self, ids):
        return Report(outcome=Outcome.WORKING, legacy_ids=ids, again_after_seconds=3600)

    monkeypatch.setattr(FieldAdapter, "capabilities", {**FieldAdapter.capabilities, "poll": Capability.FULL})
    monkeypatch.setattr(FieldAdapter, "poll", poll, raising=False)
    monkeypatch.setattr(FieldAdapter, "_working", working)
    return told, asked


async def until(condition):
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_an_order_goes_on_once_its_system_says_that_something_changed(changes, gateway):
    told, asked = changes
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    order = await gateway.send(bodies.product_order("poll-1", 1011, [item]))

    async def ids():
        return (await gateway.runtime.repository.load(order)).lifecycle.legacy_ids

    async def is_told_of():
        return "ticket 1" in await ids()

    async def is_closed():
        # The crew may need a moment more: each time something changes, the system says so.
        told.append(Changed(legacy_id=(await ids())["ticket 1"]))
        return (await gateway.client.timeline(order))["lifecycle"]["checkpoint"] == "closed"

    await until(is_told_of)
    await until(is_closed)
    assert asked[:2] == [None, "0"]

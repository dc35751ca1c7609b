"""Sending again: from an event, from an instant, past an event that a listener refuses; and what the history keeps."""

import asyncio
from datetime import timedelta

import pytest

from gateway.canonical.lifecycle import Checkpoint
from gateway.canonical.listening import HeardEvent, HeardStatus


@pytest.fixture
async def told(ears, register, order, change):
    """A listener, an order with five events, and their ids."""
    ear = ears()
    listener = await register(ear.url)
    order_id = await order()
    ids = await change(order_id, "1", "2")
    await asyncio.sleep(0.005)
    ids += await change(order_id, "3", "4")
    return ear, listener, order_id, ids


async def test_everything_from_an_event_on_is_sent_again_in_order(told, store, working, wait_until):
    ear, listener, _, ids = told
    async with working() as dispatcher:
        await wait_until(lambda: len(ear.heard) == 5)
        await wait_until(lambda: not dispatcher.running)
        first = ear.ids()
        state = await store.redeliver(listener, ids[2])
        assert (state.status, state.round) == ("behind", 1)
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 7)
        await wait_until(lambda: not dispatcher.running)
        assert ear.ids()[5:] == first[3:]
        assert (await store.view(listener)).state.status == "active"
        await store.redeliver(listener, first[0])
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 12)
        assert ear.ids()[7:] == first


async def test_everything_from_an_instant_on_is_sent_again(told, store, working, clock, wait_until, order):
    ear, listener, _, _ = told
    async with working() as dispatcher:
        await wait_until(lambda: len(ear.heard) == 5)
        await wait_until(lambda: not dispatcher.running)
        await store.redeliver(listener, clock.now() + timedelta(days=1))
        dispatcher.wake()
        await asyncio.sleep(0.1)
        assert len(ear.heard) == 5
        await store.redeliver(listener, clock.now() - timedelta(days=1))
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 10)
    assert ear.ids()[5:] == ear.ids()[:5]


async def test_an_event_that_a_listener_refuses_is_passed_over_by_an_operator(told, store, working, works, wait_until):
    ear, listener, _, ids = told
    ear.refuses = {ids[1]}
    async with working() as dispatcher:
        await wait_until(lambda: ear.asked == 3)
        await wait_until(lambda: not dispatcher.running)
        view = await store.view(listener)
        assert (view.state.status, view.state.last_error, view.state.cursor) == ("failing", "answered 400", ids[1])
        assert view.backlog == 3
        await store.redeliver(listener, ids[2])
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 4)
        await wait_until(lambda: not dispatcher.running)
        assert ear.ids()[2:] == ids[2:]
        assert (await store.view(listener)).state.status == "active"
    assert await works() == 0


async def test_a_redelivery_needs_a_listener_and_an_event_that_are_there(told, store):
    _, listener, _, _ = told
    assert await store.redeliver("nobody", None) is None
    with pytest.raises(KeyError):
        await store.redeliver(listener, "nothing")
    assert (await store.redeliver(listener, None)).status == "active", "nothing is owed"


async def test_it_is_known_who_took_an_event_and_when(told, store, working, wait_until, register):
    ear, listener, order_id, ids = told
    other = await register("http://127.0.0.1:1/", "tmf641-v4")
    async with working() as dispatcher:
        await wait_until(lambda: len(ear.heard) == 5)
        await wait_until(lambda: not dispatcher.running)
    event, listeners, taken = await store.deliveries(ids[0])
    assert (event.id, event.order_id) == (ids[0], order_id)
    assert [one.id for one in listeners] == [listener]
    assert (taken[listener].status, taken[listener].attempts) == (204, 1)
    assert other not in taken
    assert await store.deliveries("nothing") is None


async def test_the_history_is_purged_of_what_nobody_needs(
    ears, register, order, change, store, working, clock, repository, wait_until
):
    good, bad = ears("good"), ears("bad")
    await register(good.url)
    listener = await register(bad.url)
    going, over = await order(), await order(checkpoint=Checkpoint.CLOSED)
    bad.status = 500
    async with working() as dispatcher:
        await wait_until(lambda: len(good.heard) == 2 and bad.asked >= 1)
        await wait_until(lambda: not dispatcher.running)
    clock.forward(40 * 86400)
    limit = {"events_before": clock.now() - timedelta(days=30), "records_before": None, "limit": 10}
    assert (await store.purge(**limit)).events == 0, "it is still owed to a listener that is being tried"
    bad.status, asked = 410, bad.asked
    async with working() as dispatcher:
        await wait_until(lambda: bad.asked > asked)
        await wait_until(lambda: not dispatcher.running)
    assert (await store.purge(**limit)).events == 1
    assert (await store.view(listener)).state.forgotten_before == limit["events_before"]
    assert len((await repository.timeline(going))[0]) == 1
    assert (await repository.timeline(over))[0] == ()
    purged = await store.purge(events_before=None, records_before=clock.now() - timedelta(days=30), limit=10)
    assert (purged.events, purged.deliveries) == (0, 2)


async def test_what_nobody_was_told_yet_is_not_purged(ears, register, order, store, clock):
    await register(ears().url)
    await order(checkpoint=Checkpoint.CLOSED)
    clock.forward(40 * 86400)
    limit = {"events_before": clock.now() - timedelta(days=30), "records_before": None, "limit": 10}
    assert (await store.purge(**limit)).events == 0


async def test_of_what_others_said_only_what_was_claimed_is_purged(store, inbox, clock):
    for name, status in (("a", HeardStatus.CLAIMED), ("b", HeardStatus.UNCLAIMED)):
        kept = await inbox.keep(HeardEvent(id="", face="tmf641-v4", event_id=name, event_type="X", body={"n": name}))
        await inbox.settle(kept.model_copy(update={"status": status}))
    clock.forward(31 * 86400)
    purged = await store.purge(events_before=None, records_before=clock.now() - timedelta(days=30), limit=10)
    assert purged.heard == 1
    (left,), total = await inbox.all_heard()
    assert (left.event_id, total) == ("b", 1)

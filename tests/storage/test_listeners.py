"""What is kept of listeners is read and changed on both databases."""

from datetime import UTC, datetime

import pytest

import gateway.lifecycle.draft
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, Listener, ResourceKind
from gateway.canonical.listening import Delivered, ListenerState, ListenerStatus
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import OrderState
from gateway.lifecycle.draft import Draft
from gateway.ports.listeners import HUB_LANE, Step
from gateway.ports.repository import Aggregate
from gateway.storage.listeners import SqlListenerStore
from gateway.streams import queue

NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def test_what_a_listener_lacks_is_looked_up_without_writing(database, repository):
    store = SqlListenerStore(database)
    listener = Listener(id="L1", face="tmf622-v4", callback="https://example.test/")
    await repository.add_listener(listener)
    found, state = await store.owing("L1")
    assert (found, state.listener) == (listener, "L1")
    assert await store.owing("nobody") is None
    assert (await store.view("L1")).listener == listener
    assert list(await store.batch(listener, state, 10)) == []
    (shown,), total = await store.listeners()
    assert (shown.listener, total) == (listener, 1)


@pytest.fixture
async def listener(repository):
    listener = Listener(id="L1", face="tmf622-v4", callback="https://example.test/")
    await repository.add_listener(listener)
    return listener


@pytest.fixture
def happen(repository, monkeypatch):
    """Store events of an order, with these ids, each in a step of its own."""

    async def happen(order_id, *ids):
        for event_id in ids:
            monkeypatch.setattr(gateway.lifecycle.draft, "new_id", lambda event_id=event_id: event_id)
            if (aggregate := await repository.load(order_id)) is None:
                lifecycle = Lifecycle(id=order_id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.QUALIFY)
                draft = Draft(Aggregate(lifecycle=lifecycle), NOW)
                order = ProductOrder(id=order_id, state=OrderState.ACKNOWLEDGED, order_date=NOW)
                draft.create(ResourceKind.PRODUCT_ORDER, order)
            else:
                draft = Draft(aggregate, NOW)
                draft.change(ResourceKind.PRODUCT_ORDER, order_id, priority=event_id)
            await repository.save(draft.finish())

    return happen


@pytest.fixture
def hand_over(database):
    """Take the work of an order, or of all, out of the lane of events as they happen, as if it had come to its end."""

    async def hand_over(order_id=""):
        await database.write(lambda conn: queue.discard(conn, HUB_LANE, f"L1/{order_id}"))

    return hand_over


async def test_what_the_lane_still_holds_is_left_to_it(database, listener, happen, hand_over):
    store = SqlListenerStore(database)
    await happen("X", "e1", "e3")
    await happen("Y", "e2", "e4")
    await store.troubled(ListenerState(listener="L1", status=ListenerStatus.BEHIND), "e1")
    await hand_over("Y")
    _, state = await store.owing("L1")
    notes = await store.batch(listener, state, 10)
    assert [note.event.id for note in notes] == ["e2", "e4"]
    taken = tuple(Delivered(listener="L1", event=event, at=NOW, status=204) for event in ("e2", "e4"))
    after = await store.step(Step(state, state, taken, frozenset({"e2", "e4"})))
    assert (after.cursor, after.status) == ("e1", "behind"), "what the lane holds it may hand over yet"
    assert list(await store.batch(listener, after, 1)) == []  # only what the lane holds is left
    await hand_over("X")
    assert [note.event.id for note in await store.batch(listener, after, 1)] == ["e1"]


async def test_an_event_that_comes_while_a_step_goes_on_is_owed_after_it(database, listener, happen, hand_over):
    store = SqlListenerStore(database)
    await happen("X", "e1")
    await happen("Y", "e3")
    await hand_over()
    await store.troubled(ListenerState(listener="L1", status=ListenerStatus.BEHIND), "e1")
    _, state = await store.owing("L1")
    notes = await store.batch(listener, state, 10)
    await happen("Z", "e2")  # its id was made before that of e3, its order was stored after it
    handled = frozenset(note.event.id for note in notes)
    assert handled == {"e1", "e3"}
    after = await store.step(Step(state, state, handled=handled))
    assert (after.cursor, after.status) == ("e2", "behind")
    await hand_over()
    assert [note.event.id for note in await store.batch(listener, after, 1)] == ["e2"]
    taken = Delivered(listener="L1", event="e2", at=NOW, status=204)
    after = await store.step(Step(after, after, (taken,), frozenset({"e2"})))
    assert after.cursor == "e3", "nobody has recorded that it was delivered"
    after = await store.step(Step(after, after, handled=frozenset({"e3"})))
    assert (after.cursor, after.status, after.attempts) == (None, "active", 0)


async def test_an_older_event_comes_first_though_a_clock_that_is_fast_gave_it_a_greater_id(
    database, listener, happen, hand_over
):
    store = SqlListenerStore(database)
    await happen("X", "e1", "e8", "e3")
    await happen("Y", "e4", "e5", "e9")
    await hand_over()
    await store.troubled(ListenerState(listener="L1", status=ListenerStatus.BEHIND), "e1")
    _, state = await store.owing("L1")
    notes = await store.batch(listener, state, 2)
    assert sorted((note.event.seq, note.event.id) for note in notes) == [(1, "e1"), (2, "e8"), (3, "e3")]


async def test_a_cursor_that_moved_back_since_it_was_read_counts(database, listener, happen, hand_over):
    store = SqlListenerStore(database)
    await happen("X", "e5", "e6")
    await happen("Y", "e7")
    await hand_over()
    await store.troubled(ListenerState(listener="L1", status=ListenerStatus.BEHIND), "e6")
    _, state = await store.owing("L1")
    assert await store.owed("L1", "e5")
    notes = await store.batch(listener, state, 10)
    assert [note.event.id for note in notes] == ["e5", "e6", "e7"]
    after = await store.step(Step(state, state))
    assert after.cursor == "e5"

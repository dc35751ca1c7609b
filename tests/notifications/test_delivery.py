"""Notifications reach those who asked, in order, at least once, however listeners behave."""

import asyncio
import time
from dataclasses import replace

import pytest

from gateway.canonical.states import OrderState
from gateway.faces.callbacks import Callbacks


def of_order(ear, order_id):
    return [one["event"]["productOrder"].get("priority") for one in ear.heard if one["correlationId"] == order_id]


@pytest.fixture
def status(store):
    async def status(listener):
        return (await store.view(listener)).state.status.value

    return status


async def test_each_order_is_told_in_its_order_to_each_listener(
    ears, register, order, change, working, store, wait_until
):
    one, other = ears("one"), ears("other")
    first, second = await register(one.url), await register(other.url, "tmf622-v4")
    orders = [await order() for _ in range(5)]
    for number in range(4):
        for order_id in orders:
            await change(order_id, str(number), f"{number}b")
    async with working():
        await wait_until(lambda: len(one.heard) == len(other.heard) == 45)
    for ear in (one, other):
        for order_id in orders:
            assert of_order(ear, order_id) == [None, "0", "0b", "1", "1b", "2", "2b", "3", "3b"]
    assert {body["event"]["productOrder"].get("@type") for body in one.heard} == {"ProductOrder"}
    assert all("@type" not in body for body in other.heard)
    for listener in (first, second):
        view = await store.view(listener)
        assert (view.state.status, view.backlog, view.state.attempts) == ("active", 0, 0)
        assert view.last_success is not None


async def test_a_dead_listener_gets_everything_once_it_is_back_and_nothing_twice(
    ears, register, order, change, working, store, works, clock, wait_until, status
):
    ear, healthy = ears("dead"), ears("healthy")
    listener = await register(ear.url)
    await register(healthy.url)
    orders = [await order() for _ in range(3)]
    pauses = []
    async with working() as dispatcher:
        await wait_until(lambda: len(ear.heard) == 3)
        ear.status = 503
        for number in range(4):
            for order_id in orders:
                await change(order_id, str(number))
        dispatcher.wake()
        await wait_until(lambda: len(healthy.heard) == 15)
        await wait_until(lambda: ear.asked > 3)
        for attempt in range(2, 8):
            await wait_until(lambda: not dispatcher.running)
            state = (await store.view(listener)).state
            assert state.status == "failing"
            assert state.last_error == "answered 503"
            pauses.append((state.retry_at - clock.now()).total_seconds())
            asked = ear.asked
            clock.forward(pauses[-1] - 0.001)
            dispatcher.wake()
            await asyncio.sleep(0.05)
            assert ear.asked == asked, "it was not left alone as long as it should"
            clock.forward(0.002)
            dispatcher.wake()
            await wait_until(lambda asked=asked: ear.asked == asked + 1)  # one attempt for all that it lacks
            await wait_until(lambda: not dispatcher.running)
            assert (await store.view(listener)).state.attempts >= attempt
        view = await store.view(listener)
        assert view.backlog == 12
        assert await works() == 0, "what it lacks stands in no queue"
        ear.status = 204
        clock.forward(3600)
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 15)

        async def is_active():
            return await status(listener) == "active"

        await wait_until(is_active)
        await change(orders[0], "last")
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 16)
    assert all(0 <= pause <= 10 * 2**number for number, pause in enumerate(pauses)), pauses
    for order_id in orders:
        assert of_order(ear, order_id)[:5] == [None, "0", "1", "2", "3"]
    assert len(set(ear.ids())) == len(ear.heard)
    assert ear.ids()[-1] == healthy.ids()[-1] or len(healthy.heard) == 16


async def test_a_listener_that_fails_for_hours_is_parked_probed_and_taken_up_again(
    ears, register, order, change, working, store, works, clock, wait_until, status
):
    ear = ears()
    listener = await register(ear.url)
    ear.status = 500
    order_id = await order()

    async def is_parked():
        return await status(listener) == "parked"

    async with working() as dispatcher:
        await wait_until(lambda: ear.asked == 1)
        await wait_until(lambda: not dispatcher.running)
        for _ in range(60):
            state = (await store.view(listener)).state
            if state.status == "parked":
                break
            asked = ear.asked
            clock.forward(max(600, (state.retry_at - clock.now()).total_seconds()))
            dispatcher.wake()
            await wait_until(lambda asked=asked: ear.asked == asked + 1)
            await wait_until(lambda: not dispatcher.running)
        assert state.status == "parked"
        assert (state.parked_at - state.failing_since).total_seconds() >= 6 * 3600
        for number in range(20):
            await change(order_id, str(number))
        dispatcher.wake()

        async def is_swept():
            return await works() == 0

        await wait_until(is_swept)
        assert (await store.view(listener)).backlog == 21
        asked = ear.asked
        clock.forward(3000)
        dispatcher.wake()
        await asyncio.sleep(0.05)
        assert ear.asked == asked, "a parked listener is left alone"
        clock.forward(700)
        dispatcher.wake()
        await wait_until(lambda: ear.asked == asked + 1)  # the probe
        await wait_until(lambda: not dispatcher.running)
        assert await is_parked()
        ear.status = 204
        state = await store.redeliver(listener, None)
        assert state.status == "behind"
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 21)
    assert of_order(ear, order_id) == [None, *map(str, range(20))]


async def test_a_parked_listener_that_answers_a_probe_is_served_without_anybody(
    ears, register, order, working, store, clock, settings, wait_until, status
):
    ear = ears()
    listener = await register(ear.url)
    ear.status = 500
    await order()
    async with working(replace(settings, give_up_seconds=0.0)) as dispatcher:
        await wait_until(lambda: ear.asked == 1)

        async def is_parked():
            return await status(listener) == "parked"

        await wait_until(is_parked)
        ear.status = 204
        clock.forward(3601)
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 1)

        async def is_active():
            return await status(listener) == "active"

        await wait_until(is_active)


async def test_a_listener_that_is_gone_is_left_alone_until_it_is_asked_for(
    ears, register, order, working, store, clock, wait_until
):
    ear = ears()
    listener = await register(ear.url)
    ear.status = 410
    await order()
    async with working() as dispatcher:
        await wait_until(lambda: ear.asked == 1)
        await wait_until(lambda: not dispatcher.running)
        state = (await store.view(listener)).state
        assert (state.status, state.is_gone, state.retry_at) == ("parked", True, None)
        clock.forward(1_000_000)
        await order()
        dispatcher.wake()
        await asyncio.sleep(0.1)
        assert ear.asked == 1
        ear.status = 201
        await store.redeliver(listener, None)
        dispatcher.wake()
        await wait_until(lambda: len(ear.heard) == 2)


@pytest.mark.parametrize("trouble", ["slow", "hanging", "refusing"])
async def test_a_listener_in_trouble_delays_no_other(ears, register, order, working, settings, wait_until, trouble):
    slow, quick = ears("slow"), ears("quick")
    await register("http://127.0.0.1:1/" if trouble == "refusing" else slow.url)
    await register(quick.url)
    slow.wait = {"slow": 0.15, "hanging": 2.0, "refusing": 0.0}[trouble]
    patient = replace(settings, slow_seconds=0.1, at_once=4, answer_seconds=1.0, patience_seconds=0.05)
    for _ in range(60):
        await order()
    began = time.monotonic()
    async with working(patient, concurrency=8):
        await wait_until(lambda: len(quick.heard) == 60)
        took = time.monotonic() - began
        if trouble == "slow":
            await wait_until(lambda: len(set(slow.ids())) == 60, 20)
            assert len(slow.heard) <= 60 + 4, "only what was on its way when it fell behind may come twice"
    # Served one after the other with it, or in turn with it in eight slots, they would wait for many seconds.
    assert took < 3.0, took


@pytest.mark.parametrize("answer", [200, 201, 202, 204])
async def test_any_success_will_do(ears, register, order, working, store, wait_until, answer):
    ear = ears()
    ear.status = answer
    listener = await register(ear.url)
    await order()
    async with working() as dispatcher:
        await wait_until(lambda: len(ear.heard) == 1 and not dispatcher.running)
    assert (await store.view(listener)).state.status == "active"


@pytest.mark.parametrize("answer", [301, 307, 400, 404, 429, 500])
async def test_anything_else_is_a_failure_and_no_redirection_is_followed(
    ears, register, order, working, store, wait_until, answer, capsys
):
    ear, elsewhere = ears("ear"), ears("elsewhere")
    ear.status, ear.headers = answer, {"Location": elsewhere.url}
    listener = await register(f"{ear.url}?token=secret")
    await order()
    async with working() as dispatcher:
        await wait_until(lambda: ear.asked == 1)
        await wait_until(lambda: not dispatcher.running)
        state = (await store.view(listener)).state
    assert (state.status, state.last_error, state.attempts) == ("failing", f"answered {answer}", 1)
    assert elsewhere.asked == 0
    said = "".join(capsys.readouterr())
    assert "listener.failed" in said
    assert "secret" not in said


async def test_a_listener_may_ask_to_be_left_alone_longer(ears, register, order, working, store, clock, wait_until):
    ear = ears()
    ear.status, ear.headers = 503, {"Retry-After": "1800"}
    listener = await register(ear.url)
    await order()
    async with working() as dispatcher:
        await wait_until(lambda: ear.asked == 1)
        await wait_until(lambda: not dispatcher.running)
    state = (await store.view(listener)).state
    assert (state.retry_at - clock.now()).total_seconds() == 1800


async def test_a_long_answer_is_not_read(ears, register, order, working, wait_until):
    ear = ears()
    ear.text, ear.status = "x" * 50_000_000, 200
    await register(ear.url)
    await order()
    began = time.monotonic()
    async with working() as dispatcher:
        await wait_until(lambda: len(ear.heard) == 1 and not dispatcher.running)
    assert time.monotonic() - began < 3.0


async def test_a_name_is_called_only_where_the_operator_allows_its_addresses(
    ears, register, order, working, store, settings, wait_until
):
    ear = ears()
    listener = await register(ear.url.replace("127.0.0.1", "localhost"))
    await order()
    async with working(replace(settings, callbacks=Callbacks(private=False))) as dispatcher:

        async def is_failing():
            return (await store.view(listener)).state.attempts == 1

        await wait_until(is_failing)
        await wait_until(lambda: not dispatcher.running)
    assert ear.asked == 0
    async with working():
        await store.redeliver(listener, None)
        await wait_until(lambda: len(ear.heard) == 1)


async def test_a_process_that_comes_later_goes_on_where_the_one_before_stopped(
    ears, register, order, change, working, clock, wait_until
):
    ear = ears()
    ear.status = 500
    await register(ear.url)
    order_id = await order()
    await change(order_id, "1", "2")
    async with working() as dispatcher:
        await wait_until(lambda: ear.asked >= 1)
        await wait_until(lambda: not dispatcher.running)
    ear.status = 204
    clock.forward(4000)
    async with working():
        await wait_until(lambda: len(ear.heard) == 3)
    assert of_order(ear, order_id) == [None, "1", "2"]


async def test_a_listener_of_v4_is_told_that_an_order_exists_once_it_is_no_draft(
    ears, register, order, change, working, wait_until
):
    old, new = ears("old"), ears("new")
    await register(old.url, "tmf622-v4")
    await register(new.url, "tmf622-v5")
    order_id = await order(state=OrderState.DRAFT)
    await change(order_id, "1")
    await change(order_id, "2", state=OrderState.ACKNOWLEDGED)
    await change(order_id, "3", state=OrderState.IN_PROGRESS)
    async with working():
        await wait_until(lambda: len(old.heard) == 3 and len(new.heard) == 6)
    words = [(one["eventType"], one["event"]["productOrder"].get("state")) for one in old.heard]
    assert words == [
        ("ProductOrderCreateEvent", "acknowledged"),
        ("ProductOrderAttributeValueChangeEvent", None),
        ("ProductOrderStateChangeEvent", "inProgress"),
    ]
    assert old.heard[0]["event"]["productOrder"]["priority"] == "2"
    assert [one["eventType"].removeprefix("ProductOrder") for one in new.heard] == [
        "CreateEvent",
        "AttributeValueChangeEvent",
        "AttributeValueChangeEvent",
        "StateChangeEvent",
        "AttributeValueChangeEvent",
        "StateChangeEvent",
    ]
    assert old.heard[0]["eventId"] == new.heard[3]["eventId"]


async def test_a_query_that_cannot_be_read_any_more_leaves_nothing_out(ears, register, order, working, wait_until):
    ear = ears()
    await register(ear.url, query="id.regex=[")
    await order()
    async with working():
        await wait_until(lambda: len(ear.heard) == 1)


async def test_a_removed_listener_is_told_nothing_more(ears, register, order, working, repository, store, wait_until):
    ear = ears()
    ear.status = 500
    listener = await register(ear.url)
    await order()
    async with working() as dispatcher:
        await wait_until(lambda: ear.asked == 1)
        await wait_until(lambda: not dispatcher.running)
        assert await repository.remove_listener(listener)
        assert await store.view(listener) is None
        assert await store.owing(listener) is None
        await order()
        dispatcher.wake()
        await asyncio.sleep(0.1)
    assert ear.asked == 1
    assert await repository.ready_at() is None

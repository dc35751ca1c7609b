"""An order that completes while it is being cancelled has one end, told to both sides."""

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.cancelling import CancellationTerms, Past, Point, PointTerms
from gateway.canonical.money import Money
from gateway.canonical.states import OrderState, TaskState
from gateway.ports.errors import LifecycleError
from tests.lifecycle.racing.laws import check, check_items
from tests.lifecycle.racing.world import ITEMS, LANES

FEE = PointTerms(past=Past.PRICE, fee=Money(amount=Decimal(79), currency="EUR"), tax_rate=Decimal(20))
TERMS = {
    "refused": CancellationTerms(),
    "priced": CancellationTerms(points=dict.fromkeys(Point, FEE)),
    "allowed": CancellationTerms(points=dict.fromkeys(Point, PointTerms(past=Past.ALLOW))),
}


async def tick(race, number):
    """The next thing that happens of itself: a lane's next job, and after each round the world moves on."""
    turn = number % (len(LANES) + 1)
    if turn < len(LANES):
        await race.run(LANES[turn])
    else:
        race.world.crew()
        race.world.network()
        race.clock.forward(10)


async def cancelled_after(race, ticks, world_first, trouble=None):
    """Let so much happen, then cancel, perhaps with the world a moment faster, then let it all come to an end."""
    for number in range(ticks):
        await tick(race, number)
    over = await race.state() is OrderState.COMPLETED
    if trouble is not None:
        getattr(race, trouble)()
    asked = await race.cancel()
    if world_first:
        race.world.crew()
        race.world.network()
    for number in count(ticks):
        if number > ticks + 2 * len(LANES):
            break
        await tick(race, number)
    await race.drain()
    state = await check(race)
    if over:
        assert isinstance(asked, LifecycleError)
        assert (asked.code, "completed" in asked.reason) == ("orderEnded", True)
        return None, state
    return await race.task(asked.id), state


@pytest.mark.parametrize("terms", TERMS)
def test_wherever_the_order_stands_a_cancellation_has_one_end(runner, begin, terms):
    ends = set()
    for ticks in range(0, 31, 1 if terms == "refused" else 3):
        race = begin(cancellation=TERMS[terms])
        task, state = runner.run(cancelled_after(race, ticks, world_first=bool(ticks % 3)))
        ends.add((state, task.state if task else None))
        if state is OrderState.CANCELLED:
            assert (task.state, task.effective_date is not None) == (TaskState.DONE, True)
            wants_fee = terms == "priced" and "done" in race.world.tickets.values()
            assert set(race.world.fees) == (set(ITEMS) if wants_fee else set())
    assert (OrderState.CANCELLED, TaskState.DONE) in ends
    assert (OrderState.COMPLETED, None) in ends
    if terms == "refused":
        assert (OrderState.COMPLETED, TaskState.REJECTED) in ends
        assert (OrderState.COMPLETED, TaskState.TERMINATED_WITH_ERROR) in ends


@pytest.mark.parametrize("trouble", ["die", "lose"])
def test_a_process_that_dies_and_an_answer_that_is_lost_change_no_end(runner, begin, trouble):
    for ticks in range(1, 26, 3):
        runner.run(cancelled_after(begin(), ticks, world_first=ticks % 4 == 1, trouble=trouble))


ACTIONS = (*LANES, *LANES, "crew", "network", "cancel", "recheck", "die", "lose", "part")


async def play(race, actions):
    for action in actions:
        if action in LANES:
            await race.run(action)
        elif action in {"crew", "network"}:
            getattr(race.world, action)()
        elif action in {"die", "lose"}:
            getattr(race, action)()
        elif action == "part":
            orders = (await race.aggregate()).service_orders
            if orders:
                await race.cancel(service_order=orders[len(race.tasks) % len(orders)].id)
        else:
            await getattr(race, action)()
    await race.drain()


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions=st.lists(st.sampled_from([one for one in ACTIONS if one != "part"]), max_size=60))
def test_whatever_happens_in_whatever_order(runner, begin, actions):
    race = begin()
    runner.run(play(race, actions))
    runner.run(check(race))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions=st.lists(st.sampled_from([*ACTIONS, "part", "part"]), max_size=60))
def test_whatever_happens_to_a_part_of_the_order(runner, begin, actions):
    race = begin()
    runner.run(play(race, actions))
    runner.run(check_items(race))

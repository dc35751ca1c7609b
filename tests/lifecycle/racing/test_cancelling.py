"""What a cancellation does on its way: when it waits, what it undoes in which order, and where it stops."""

from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.canonical.cancelling import CancellationTerms, Past, Point, PointTerms
from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.money import Money
from gateway.canonical.states import OrderState, TaskState
from gateway.faces.lifecycle.timeline import merged
from gateway.ports.adapter import Capability
from gateway.ports.errors import LifecycleError
from tests.lifecycle.racing.laws import check
from tests.lifecycle.racing.world import LANES

S, T = OrderState, TaskState


async def until(race, checkpoint):
    """Let the order go on until it waits at a checkpoint; the world stands still where crews would be at work."""
    for _ in range(40):
        for lane in LANES:
            await race.run(lane)
        if (await race.aggregate()).lifecycle.checkpoint is checkpoint:
            return
        race.world.crew()
    raise AssertionError(checkpoint)


async def settle(race, rounds=8):
    """Let the lanes run, the world standing still."""
    for _ in range(rounds):
        for lane in LANES:
            await race.run(lane)
        race.clock.forward(3)


@pytest.fixture
def building(runner, begin):
    """An order whose crew is on its way."""

    def make(**said):
        race = begin(**said)
        runner.run(until(race, Checkpoint.READY))
        runner.run(settle(race, 2))
        assert set(race.world.tickets.values()) == {"open"}
        return race

    return make


@pytest.fixture
def told(runner):
    """What the timeline tells of a race: states of one kind, or the steps of its cancellation."""

    def look(race, kind=None):
        events, decisions, holds, _ = runner.run(race.repository.timeline(race.order_id))
        if kind is not None:
            return [one.state for one in events if one.kind is kind and one.type == "stateChange"]
        entries = merged(race.order_id, (), decisions, holds, events)
        return [one["cause"] for one in entries if one["kind"] == "event" and "cause" in one]

    return look


def test_what_was_sent_last_is_called_back_first_and_each_step_is_told(runner, building, told):
    race = building()
    task = runner.run(race.cancel())
    runner.run(settle(race))
    assert runner.run(check(race)) is S.CANCELLED
    undone = [step.partition(" at ")[0].removeprefix("cancel ") for step in told(race) if step.endswith("undone")]
    assert undone == ["build", "book", "reserve", "gather"]
    assert told(race)[:2] == ["cancel build at field-work: asked", "cancel build at field-work: undone"]
    order = runner.run(race.aggregate()).product_order
    assert (order.cancellation_reason, order.cancellation_date) == (
        "moved",
        runner.run(race.task(task.id)).effective_date,
    )
    assert {item.product.status for item in order.items} == {"cancelled"}
    for kind in (ResourceKind.PRODUCT_ORDER, ResourceKind.SERVICE_ORDER):
        ways = told(race, kind)
        assert ways[-1] == S.CANCELLED
        assert {S.ASSESSING_CANCELLATION, S.PENDING_CANCELLATION} <= set(ways)
    assert told(race, ResourceKind.CANCEL_PRODUCT_ORDER) == [T.IN_PROGRESS, T.DONE]


def test_a_cancellation_waits_for_its_date_and_the_order_goes_on_until_then(runner, building):
    race = building()
    task = runner.run(race.cancel(requested_date=race.clock.now() + timedelta(hours=5)))
    runner.run(settle(race))
    assert runner.run(race.state()) is S.IN_PROGRESS
    assert runner.run(race.task(task.id)).state is T.ACKNOWLEDGED
    assert set(race.world.tickets.values()) == {"open"}
    race.clock.forward(5 * 3600)
    runner.run(settle(race))
    assert runner.run(check(race)) is S.CANCELLED
    assert runner.run(race.task(task.id)).effective_date >= task.requested_date


def test_an_order_that_is_completed_when_the_date_comes_is_not_cancelled(runner, building, told):
    race = building()
    task = runner.run(race.cancel(requested_date=race.clock.now() + timedelta(hours=5)))
    runner.run(race.drain())
    race.clock.forward(5 * 3600)
    runner.run(settle(race))
    assert runner.run(check(race)) is S.COMPLETED
    ended = runner.run(race.task(task.id))
    assert ended.state is T.REJECTED
    assert told(race) == ["refused: the order is completed"]


def test_an_earlier_request_takes_over_and_any_other_second_one_is_refused(runner, building):
    race = building()
    late = runner.run(race.cancel(requested_date=race.clock.now() + timedelta(days=2)))
    later = runner.run(race.cancel(requested_date=race.clock.now() + timedelta(days=3)))
    assert (later.code, late.id in later.reason) == ("alreadyCancelling", True)
    now = runner.run(race.cancel())
    assert runner.run(race.task(late.id)).state is T.CANCELLED
    again = runner.run(race.cancel())
    assert (again.code, now.id in again.reason) == ("alreadyCancelling", True)
    runner.run(settle(race))
    assert runner.run(check(race)) is S.CANCELLED
    assert "cancelled" in runner.run(race.cancel()).reason


@pytest.mark.parametrize("declared", [Capability.IMPOSSIBLE, Capability.NOT_IMPLEMENTED, Capability.UNKNOWN])
def test_what_a_system_cannot_call_back_is_refused_by_its_name_before_anything_is_undone(runner, building, declared):
    race = building()
    race.world.cannot = {"cancel book": declared}
    task = runner.run(race.cancel())
    runner.run(settle(race))
    ended = runner.run(race.task(task.id))
    assert ended.state is T.REJECTED
    assert "fake-field-work has no cancel book" in ended.notes[-1].text
    assert set(race.world.tickets.values()) == {"open"}
    runner.run(race.drain())
    assert runner.run(check(race)) is S.COMPLETED


def test_a_system_that_says_no_first_gives_the_order_back(runner, building):
    race = building()
    race.world.refuses.add("cancel build")
    task = runner.run(race.cancel())
    runner.run(settle(race))
    ended = runner.run(race.task(task.id))
    assert ended.state is T.TERMINATED_WITH_ERROR
    assert "fake-field-work" in ended.notes[-1].text
    runner.run(race.drain())
    assert runner.run(check(race)) is S.COMPLETED


def test_once_something_is_undone_there_is_no_way_back_and_an_operator_helps_it_on(runner, building, told):
    race = building()
    race.world.refuses.add("cancel reserve")
    task = runner.run(race.cancel())
    runner.run(settle(race))
    assert runner.run(race.state()) is S.PENDING_CANCELLATION
    assert runner.run(race.task(task.id)).state is T.IN_PROGRESS
    (hold,) = runner.run(race.holds())
    assert "fake-activation" in hold.findings[0].reason
    events, *_ = runner.run(race.repository.timeline(race.order_id))
    assert [one.type for one in events if one.resource_id == task.id].count("informationRequired") == 1
    assert told(race)[-1].startswith("cancel reserve at activation: stuck (fake-activation: NO")
    race.world.refuses.clear()
    runner.run(race.recheck())
    runner.run(settle(race))
    assert runner.run(check(race)) is S.CANCELLED
    assert runner.run(race.holds()) == ()


def test_a_system_that_is_down_is_waited_for(runner, building):
    race = building()
    race.world.down.add("cancel build")
    runner.run(race.cancel())
    runner.run(settle(race))
    assert runner.run(race.state()) is S.PENDING_CANCELLATION
    race.world.down.clear()
    runner.run(settle(race))
    assert runner.run(check(race)) is S.CANCELLED


def test_past_the_point_of_no_return_a_priced_cancellation_charges_what_the_landscape_says(runner, building):
    fee = PointTerms(past=Past.PRICE, fee=Money(amount=Decimal("79.00"), currency="EUR"), tax_rate=Decimal(20))
    race = building(cancellation=CancellationTerms(points={Point.FIELD_WORK: fee}))
    race.world.crew()
    runner.run(race.cancel())
    runner.run(settle(race))
    assert runner.run(check(race)) is S.CANCELLED
    assert race.world.fees == dict.fromkeys("12", fee.fee)
    assert [rate.type for rate in runner.run(race.aggregate()).rates] == ["fee", "fee"]


def test_nobody_pays_for_a_cancellation_where_billing_cannot_charge_one(runner, building):
    fee = PointTerms(past=Past.PRICE, fee=Money(amount=Decimal("79.00"), currency="EUR"), tax_rate=Decimal(20))
    race = building(cancellation=CancellationTerms(points={Point.FIELD_WORK: fee}))
    race.world.crew()
    race.world.refuses.add("activate")  # it stands after the visit
    runner.run(settle(race))
    race.world.cannot = {"fee": Capability.NOT_IMPLEMENTED}
    task = runner.run(race.cancel())
    runner.run(settle(race))
    ended = runner.run(race.task(task.id))
    assert (ended.state, "fake-billing has no fee" in ended.notes[-1].text) == (T.REJECTED, True)
    assert runner.run(race.state()) is S.HELD


def test_one_service_order_is_cancelled_and_the_rest_of_its_product_order_goes_on(runner, building):
    race = building()
    first, second = runner.run(race.aggregate()).service_orders
    task = runner.run(race.cancel(service_order=first.id))
    assert task.state is T.ACCEPTED
    runner.run(settle(race, 4))
    assert runner.run(race.state()) is S.IN_PROGRESS
    runner.run(race.drain())
    aggregate = runner.run(race.aggregate())
    assert aggregate.product_order.state is S.PARTIAL, aggregate.holds
    assert [item.state for item in aggregate.product_order.items] == [S.CANCELLED, S.COMPLETED]
    assert {one.id: one.state for one in aggregate.service_orders} == {first.id: S.CANCELLED, second.id: S.COMPLETED}
    assert (race.world.tickets, race.world.ports) == ({"1": "off", "2": "done"}, {"1": "free", "2": "held"})
    assert (race.world.services, race.world.charges) == ({"2": "up"}, {"2": "running"})
    assert runner.run(race.task(task.id)).state is T.DONE


def test_with_its_last_service_order_the_product_order_is_cancelled(runner, building):
    race = building()
    for order in runner.run(race.aggregate()).service_orders:
        runner.run(race.cancel(service_order=order.id))
        runner.run(settle(race))
    aggregate = runner.run(race.aggregate())
    assert aggregate.product_order.state is S.CANCELLED
    assert aggregate.lifecycle.checkpoint is Checkpoint.ENDED
    assert {one.state for one in aggregate.service_orders} == {S.CANCELLED}
    assert set(race.world.ports.values()) == {"free"}


def test_what_is_being_cancelled_is_neither_changed_nor_deleted(runner, building):
    race = building()
    runner.run(race.cancel())
    order = runner.run(race.aggregate()).product_order
    kind = ResourceKind.PRODUCT_ORDER
    wanted = order.model_copy(update={"requested_start": race.clock.now()})
    with pytest.raises(LifecycleError, match="requested_start cannot be changed: the order is being cancelled"):
        runner.run(race.desk.amend(kind, order.id, wanted))
    with pytest.raises(LifecycleError, match="cannot be deleted"):
        runner.run(race.desk.withdraw(kind, order.id))
    said = runner.run(race.desk.amend(kind, order.id, order.model_copy(update={"description": "the customer moved"})))
    assert said.description == "the customer moved"


def test_a_patch_that_wants_what_is_there_leaves_no_event(runner, building):
    race = building()
    before = runner.run(race.aggregate())
    kept = runner.run(race.desk.amend(ResourceKind.PRODUCT_ORDER, race.order_id, before.product_order))
    assert kept == before.product_order
    assert runner.run(race.aggregate()).lifecycle == before.lifecycle


def test_what_is_being_built_is_not_ordered_anew_and_the_systems_that_were_asked_are_named(runner, building):
    race = building()
    order = runner.run(race.aggregate()).product_order
    wanted = order.model_copy(update={"items": order.items[:1]})
    with pytest.raises(LifecycleError, match=r"items cannot be changed: .* were asked for reserve, book, build"):
        runner.run(race.desk.amend(ResourceKind.PRODUCT_ORDER, order.id, wanted))


@pytest.mark.parametrize("is_late", [False, True])
def test_a_service_order_from_outside_is_called_back_until_it_runs(runner, begin, is_late):
    race = begin("start_service_order")
    runner.run(settle(race, 2))
    assert set(race.world.services.values()) == {"coming"}
    if is_late:
        race.world.network()
        runner.run(settle(race))
    asked = runner.run(race.cancel(service_order=race.order_id))
    runner.run(settle(race))
    race.world.network()
    runner.run(settle(race))
    (order,) = runner.run(race.aggregate()).service_orders
    if is_late:
        assert (asked.code, order.state, race.world.services) == ("orderEnded", S.COMPLETED, {"1": "up", "2": "up"})
    else:
        assert (order.state, race.world.services) == (S.CANCELLED, {"1": "down", "2": "down"})
        assert {item.state for item in order.items} == {S.CANCELLED}
        assert runner.run(race.task(asked.id)).state is T.DONE

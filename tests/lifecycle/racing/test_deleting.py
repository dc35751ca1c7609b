"""What may be deleted when, and what is answered of the rest once an order is gone."""

from dataclasses import replace

import pytest

from gateway.canonical.common import Ref
from gateway.canonical.lifecycle import CancelTask, Checkpoint, ResourceKind
from gateway.canonical.states import OrderState
from gateway.lifecycle import cancellation
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.plan import STAGES
from gateway.ports.errors import LifecycleError
from tests.lifecycle.racing.world import LANES


async def to_its_bill(race):
    """Go on until the bill is judged; return where the order stood, completed, when it was asked for and not deleted."""
    refused = []
    while Checkpoint.BILLED not in refused:
        for lane in LANES:
            await race.run(lane)
            if await race.state() is OrderState.COMPLETED:
                with pytest.raises(LifecycleError, match="gates are judged still"):
                    await race.desk.withdraw(ResourceKind.PRODUCT_ORDER, race.order_id)
                refused.append((await race.aggregate()).lifecycle.checkpoint)
        race.world.crew()
        race.world.network()
    return refused


def test_a_completed_order_is_not_deleted_before_its_bill_is_settled(runner, begin):
    race = begin()
    assert set(runner.run(to_its_bill(race))) <= set(STAGES)
    assert runner.run(race.aggregate()).product_order is not None


def test_a_service_order_whose_product_order_was_deleted_has_nothing_left_to_cancel(runner, begin):
    race = begin()
    runner.run(race.drain())
    aggregate = runner.run(race.aggregate())
    (service_order, *_) = aggregate.service_orders
    draft = Draft(replace(aggregate, product_order=None), race.clock.now(), race.desk.terms)
    task = CancelTask(kind=ResourceKind.CANCEL_SERVICE_ORDER, order=Ref(id=service_order.id))
    with pytest.raises(LifecycleError, match="was deleted"):
        cancellation.request(draft, task)

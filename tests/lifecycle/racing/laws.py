"""What must be true of an order and of the systems once a race is over, whoever won."""

from collections import Counter

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.machines import ORDER, TASK
from gateway.canonical.states import OrderState, TaskState
from gateway.lifecycle.rollup import roll_up

TASK_KINDS = frozenset({ResourceKind.CANCEL_PRODUCT_ORDER, ResourceKind.CANCEL_SERVICE_ORDER})
ENDED = frozenset({TaskState.DONE, TaskState.REJECTED, TaskState.TERMINATED_WITH_ERROR, TaskState.CANCELLED})


async def check(race):
    """One end, told to both sides, and true in every system. Return the order's last state."""
    aggregate = await race.aggregate()
    order, state = aggregate.product_order, aggregate.product_order.state
    events, *_ = await race.repository.timeline(race.order_id)
    _history(events)
    assert state in {OrderState.CANCELLED, OrderState.COMPLETED}, (state, aggregate.lifecycle, aggregate.holds)
    assert all(task.state in ENDED for task in aggregate.cancel_tasks)
    done = [task for task in aggregate.cancel_tasks if task.state is TaskState.DONE]
    whole = [task for task in done if task.kind is ResourceKind.CANCEL_PRODUCT_ORDER]
    assert len(whole) == (state is OrderState.CANCELLED)
    assert aggregate.lifecycle.undoing is None
    assert all(one.state is state for one in aggregate.service_orders), "a service order has another end"
    assert all(item.state is state for item in order.items)
    assert {number for _, number in Counter(race.world.journal).items()} <= {1}, "something was done twice"
    (_nothing_is_left if state is OrderState.CANCELLED else _nothing_is_undone)(race.world)
    return state


async def check_items(race):
    """Each item has one end, and every system agrees; the order is what its items are."""
    aggregate = await race.aggregate()
    order, world = aggregate.product_order, race.world
    events, *_ = await race.repository.timeline(race.order_id)
    _history(events)
    assert all(task.state in ENDED for task in aggregate.cancel_tasks)
    ends = {item.id: item.state for item in order.items}
    assert set(ends.values()) <= {OrderState.CANCELLED, OrderState.COMPLETED}, (order.state, aggregate.holds)
    assert order.state is roll_up(ends.values())
    assert set(Counter(race.world.journal).values()) <= {1}, "something was done twice"
    for service_order in aggregate.service_orders:
        assert service_order.state is ends[service_order.items[0].product_item_id]
    for item, end in ends.items():
        gone = end is OrderState.CANCELLED
        assert world.services.get(item, "down") == ("down" if gone else "up")
        assert world.ports.get(item, "free") == ("free" if gone else "held")
        assert (world.tickets.get(item) in {None, "off"}) == gone
        assert (item in world.charges) != gone


def _history(events):
    """Every state follows from the one before, ends are ends, and each event stands there once and in order."""
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    assert len({one.id for one in events}) == len(events)
    present = {}
    for event in events:
        if event.state is None or event.kind not in {
            *TASK_KINDS,
            ResourceKind.PRODUCT_ORDER,
            ResourceKind.SERVICE_ORDER,
        }:
            continue
        key, machine = (event.kind, event.resource_id), TASK if event.kind in TASK_KINDS else ORDER
        before = present.get(key)
        if event.type == "create":
            assert before is None
        elif event.type == "stateChange":
            assert event.state in machine[before], f"{before} → {event.state}"
        else:
            assert event.state == before
        present[key] = event.state


def _nothing_is_left(world):
    assert set(world.tickets.values()) <= {"off", "done"}
    assert set(world.visits.values()) <= {"free"}
    assert set(world.ports.values()) <= {"free"}
    assert set(world.services.values()) <= {"down"}
    assert not world.charges


def _nothing_is_undone(world):
    undone = {"called off", "ceased", "freed book", "freed reserve", "fee"}
    assert not [what for what, _ in world.journal if what in undone]
    assert set(world.services.values()) == {"up"}
    assert set(world.charges.values()) == {"running"}

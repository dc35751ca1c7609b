"""The transition tables say what TM Forum's diagrams say, and nothing falls out of them."""

import pytest

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import FINAL_ORDER_STATES, BillState, OnDemandState, OrderState, TaskState
from gateway.lifecycle.transitions import MACHINES, allowed, require
from gateway.ports.errors import IllegalTransition

ENUMS = {
    ResourceKind.PRODUCT_ORDER: OrderState,
    ResourceKind.SERVICE_ORDER: OrderState,
    ResourceKind.CANCEL_PRODUCT_ORDER: TaskState,
    ResourceKind.CANCEL_SERVICE_ORDER: TaskState,
    ResourceKind.CUSTOMER_BILL: BillState,
    ResourceKind.ON_DEMAND_BILL: OnDemandState,
}


@pytest.mark.parametrize("kind", MACHINES)
def test_every_state_has_a_row_and_leads_to_known_states(kind):
    assert set(MACHINES[kind]) == set(ENUMS[kind])
    assert all(set(row) <= set(ENUMS[kind]) for row in MACHINES[kind].values())


@pytest.mark.parametrize("state", sorted(FINAL_ORDER_STATES))
def test_nothing_follows_a_final_order_state(state):
    assert allowed(ResourceKind.PRODUCT_ORDER, state) == frozenset()


@pytest.mark.parametrize("state", sorted(set(OrderState) - FINAL_ORDER_STATES))
def test_every_open_order_state_can_come_to_an_end(state):
    reached, edge = set(), {state}
    while edge:
        reached |= edge
        edge = {after for one in edge for after in allowed(ResourceKind.PRODUCT_ORDER, one)} - reached
    assert reached & FINAL_ORDER_STATES


def test_a_refused_cancellation_goes_back_to_where_the_order_was():
    back = allowed(ResourceKind.PRODUCT_ORDER, OrderState.ASSESSING_CANCELLATION)
    assert {OrderState.ACKNOWLEDGED, OrderState.IN_PROGRESS, OrderState.PENDING, OrderState.HELD} <= back


def test_an_illegal_transition_names_what_is_allowed():
    with pytest.raises(IllegalTransition) as caught:
        require(ResourceKind.CUSTOMER_BILL, BillState.SENT, BillState.NEW)
    assert set(caught.value.allowed) == {"partiallyPaid", "settled", "onHold"}
    assert "onHold, partiallyPaid, settled" in caught.value.fix


def test_staying_where_one_is_is_no_transition():
    require(ResourceKind.PRODUCT_ORDER, OrderState.COMPLETED, OrderState.COMPLETED)

"""What a patch may do in each state is a table without holes."""

import pytest

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.machines import ORDER
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState
from gateway.lifecycle.permits import ASPECT_OF, DRIVER_OF, MAY_CHANGE, Aspect, Driver, Effect
from gateway.lifecycle.transitions import allowed

APART = {"id", "revision", "order_date", "product_order_id", "state"}


def test_every_state_says_of_every_aspect_what_a_change_does_before_and_during_the_build():
    assert set(MAY_CHANGE) == set(OrderState)
    for state, row in MAY_CHANGE.items():
        assert set(row) == set(Aspect), state
        assert all(len(effects) == 2 and set(effects) <= set(Effect) for effects in row.values())


def test_every_member_of_an_order_has_an_aspect():
    members = (ProductOrder.model_fields.keys() | ServiceOrder.model_fields.keys()) - APART
    assert set(ASPECT_OF) == members


@pytest.mark.parametrize("state", OrderState)
def test_what_ended_is_changed_by_nobody_and_what_is_built_is_not_ordered_anew(state):
    effects = {aspect: during for aspect, (_, during) in MAY_CHANGE[state].items()}
    if state in FINAL_ORDER_STATES:
        assert {one for pair in MAY_CHANGE[state].values() for one in pair} == {Effect.REFUSED}
    elif state is not OrderState.DRAFT:
        assert effects.pop(Aspect.WORDS) is Effect.TAKEN
        assert set(effects.values()) == {Effect.REFUSED}
    assert MAY_CHANGE[state][Aspect.OWN] == (Effect.REFUSED, Effect.REFUSED)


def test_every_legal_move_has_one_who_makes_it_and_no_other_move_has():
    legal = {(present, wanted) for present in OrderState for wanted in allowed(ResourceKind.PRODUCT_ORDER, present)}
    assert set(DRIVER_OF) == legal
    assert {moves for moves, driver in DRIVER_OF.items() if driver is Driver.CLIENT} == {
        (OrderState.DRAFT, wanted) for wanted in ORDER[OrderState.DRAFT]
    }
    into = {wanted for (_, wanted), driver in DRIVER_OF.items() if driver is Driver.CANCELLATION}
    assert {OrderState.ASSESSING_CANCELLATION, OrderState.PENDING_CANCELLATION, OrderState.CANCELLED} <= into

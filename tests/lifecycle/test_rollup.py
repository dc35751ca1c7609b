"""An order's state follows from its items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.states import FINAL_ORDER_STATES, OrderState
from gateway.lifecycle.rollup import roll_up

S = OrderState


@pytest.mark.parametrize(
    ("items", "order"),
    [
        ([S.COMPLETED, S.COMPLETED], S.COMPLETED),
        ([S.FAILED, S.FAILED], S.FAILED),
        ([S.CANCELLED], S.CANCELLED),
        ([S.COMPLETED, S.FAILED], S.PARTIAL),
        ([S.COMPLETED, S.CANCELLED, S.FAILED], S.PARTIAL),
        ([S.FAILED, S.CANCELLED], S.FAILED),
        ([S.IN_PROGRESS, S.HELD], S.IN_PROGRESS),
        ([S.COMPLETED, S.HELD, S.PENDING], S.HELD),
        ([S.COMPLETED, S.PENDING], S.PENDING),
    ],
)
def test_roll_up(items, order):
    assert roll_up(items) is order


def test_the_mix_of_completed_and_failed_is_a_policy():
    assert roll_up([S.COMPLETED, S.FAILED], "failed") is S.FAILED


@given(st.lists(st.sampled_from(list(S)), min_size=1), st.randoms())
def test_the_order_of_items_does_not_matter(states, random):
    shuffled = list(states)
    random.shuffle(shuffled)
    assert roll_up(states) is roll_up(shuffled)


@given(st.lists(st.sampled_from(list(S)), min_size=1))
def test_an_order_ends_only_when_all_its_items_have(states):
    if roll_up(states) in FINAL_ORDER_STATES:
        assert set(states) <= FINAL_ORDER_STATES

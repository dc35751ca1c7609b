import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.streams.backoff import Backoff
from gateway.streams.lanes import Lane


def test_the_ceiling_doubles_up_to_the_cap():
    backoff = Backoff(first_seconds=1.0, cap_seconds=10.0)
    assert [backoff.ceiling(attempt) for attempt in (1, 2, 3, 4, 5, 6)] == [1, 2, 4, 8, 10, 10]


@given(st.integers(-5, 10**9))
def test_a_pause_lies_between_nothing_and_the_ceiling_for_every_attempt(attempt):
    backoff = Backoff(first_seconds=0.5, cap_seconds=60.0)
    assert 0.0 <= backoff.pause(attempt) <= backoff.ceiling(attempt) <= 60.0


def test_pauses_differ_so_that_orders_do_not_come_back_all_at_once():
    assert len({Backoff().pause(5) for _ in range(20)}) > 10


async def _handler(job):
    return None


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "a|b"}, {"name": "a", "concurrency": 0}, {"name": "a", "lease_seconds": 0}]
)
def test_a_lane_that_cannot_work_is_refused(wrong):
    with pytest.raises(ValueError, match="lane"):
        Lane(handler=_handler, **wrong)

"""What a breaker makes of what it hears, and what a rate lets through."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.streams.backoff import Backoff
from gateway.streams.breaker import _TABLE, Circuit, CircuitState, Heard, Patience, after, is_probe_due
from gateway.streams.rate import Rate

SECOND = 1_000_000
PATIENCE = Patience(failures=3, pause=Backoff(first_seconds=2.0, cap_seconds=8.0), probe_seconds=5.0)


def heard(circuit, *words, now=0, wait=0.0):
    for word in words:
        circuit = after(circuit, Heard(word), now, PATIENCE, reason=f"it {word}", wait_seconds=wait)
    return circuit


@pytest.fixture
def opened():
    return heard(Circuit("crm"), "failed", "failed", "failed", now=10 * SECOND)


def test_the_table_knows_what_follows_from_everything_in_every_state():
    assert set(_TABLE) == set(product(CircuitState, Heard))


def test_failures_in_a_row_open_it_and_a_success_between_them_does_not():
    assert heard(Circuit("crm"), "failed", "failed", "fine", "failed", "failed").is_closed
    opened = heard(Circuit("crm"), "failed", "failed", "failed", now=10 * SECOND)
    assert (opened.state, opened.since, opened.until) == (CircuitState.OPEN, 10 * SECOND, 12 * SECOND)
    assert opened.reason == "it failed"


def test_what_was_on_its_way_when_it_opened_says_nothing_new(opened):
    assert heard(opened, "fine", "failed", now=11 * SECOND) == opened


def test_one_probe_goes_out_when_the_pause_is_over_and_its_success_closes(opened):
    assert not is_probe_due(opened, 12 * SECOND - 1)
    assert is_probe_due(opened, 12 * SECOND)
    probing = heard(opened, "probed", now=12 * SECOND)
    assert not is_probe_due(probing, 12 * SECOND + 1)
    closed = heard(probing, "fine", now=13 * SECOND)
    assert closed == Circuit("crm", since=13 * SECOND)


def test_a_probe_that_fails_doubles_the_pause_up_to_the_cap_and_it_is_down_since_the_first(opened):
    pauses, circuit, now = [], opened, 12 * SECOND
    for _ in range(4):
        circuit = heard(circuit, "probed", "failed", now=now)
        pauses.append((circuit.until - now) // SECOND)
        now = circuit.until
    assert pauses == [4, 8, 8, 8]
    assert circuit.since == 10 * SECOND


def test_a_probe_whose_process_died_is_sent_anew(opened):
    probing = heard(opened, "probed", now=12 * SECOND)
    assert is_probe_due(probing, 17 * SECOND)


def test_a_probe_that_asked_nothing_lets_the_next_go_at_once(opened):
    circuit = heard(opened, "probed", "nothing", now=13 * SECOND)
    assert is_probe_due(circuit, 13 * SECOND)


def test_a_system_that_says_when_is_not_asked_before():
    circuit = heard(Circuit("crm"), "failed", "failed", "failed", wait=60.0)
    assert circuit.until == 60 * SECOND


@pytest.mark.parametrize("word", ["barred", "stopped"])
def test_what_only_a_person_can_mend_waits_for_a_person(opened, word):
    locked = heard(Circuit("crm"), word)
    assert locked.state is CircuitState.LOCKED
    assert heard(opened, word).state is CircuitState.LOCKED
    assert not is_probe_due(locked, 10**15)
    assert heard(locked, "fine", "failed", "probed", "nothing") == locked
    assert is_probe_due(heard(locked, "released", now=7), 7)


words = st.lists(st.tuples(st.sampled_from(list(Heard)), st.integers(0, 30)), max_size=40)


@given(words)
@settings(max_examples=60, deadline=None)
def test_it_is_never_open_without_a_time_and_a_reason_nor_probed_before_it(story):
    circuit, now = Circuit("crm"), 0
    for word, seconds in story:
        now += seconds * SECOND
        if word is Heard.PROBED and not is_probe_due(circuit, now):
            continue
        circuit = heard(circuit, word, now=now)
        assert circuit.is_closed or (circuit.since is not None and circuit.reason)
        assert (circuit.until is not None) == (circuit.state in {CircuitState.OPEN, CircuitState.HALF_OPEN})


def test_bad_numbers_are_refused():
    for make in (
        lambda: Patience(failures=0),
        lambda: Patience(probe_seconds=0.0),
        lambda: Rate(0.0),
        lambda: Rate(1.0, 0),
    ):
        with pytest.raises(ValueError, match="must be positive"):
            make()


@given(
    st.floats(0.1, 50.0), st.integers(1, 20), st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 10)), max_size=40)
)
@settings(max_examples=60, deadline=None)
def test_no_span_of_time_lets_more_through_than_the_burst_and_the_rate(per_second, burst, asks):
    rate, full_at, now, given_at = Rate(per_second, burst), 0, 0, []
    for milliseconds, wanted in asks:
        now += milliseconds * 1000
        tokens = min(wanted, rate.tokens(full_at, now))
        if tokens:
            full_at = rate.taken(full_at, now, tokens)
            given_at += [now] * tokens
        else:
            assert rate.next_token(full_at, now) > now
            assert rate.tokens(full_at, rate.next_token(full_at, now)) >= 1
    for index, start in enumerate(given_at):
        for number, end in enumerate(given_at[index:], 1):
            assert number <= burst + (end - start) / rate.interval

"""How many orders a rule would hold."""

import pytest

from gateway.canonical.lifecycle import Trace
from gateway.rules.bindings.projection import Projection, project

HALF = {
    "facts[F-active].value.downstreamRate": {"amount": 250, "units": "Mbit/s"},
    "facts[F-active-said].value.downstreamRate": {"amount": 250, "units": "Mbit/s"},
}


def test_a_rule_on_trial_is_counted_as_if_it_were_enforced(bound, trace_of):
    trial = bound("bindings: [{rule: ACT-006, mode: dry-run}]")
    traces = [trace_of("charged"), trace_of("charged", HALF), trace_of("billed", HALF), trace_of("billed")]
    (found,) = project(traces, trial, ["ACT-006"])
    assert (found.rule, found.orders, found.would_hold, found.would_reject, found.newly) == ("ACT-006", 4, 2, 0, 2)
    assert found.rate == 0.5
    low, high = found.interval
    assert 0.1 < low < 0.5 < high < 0.9


def test_an_order_that_another_rule_stops_is_not_new(bound, trace_of):
    trial = bound("bindings: [{rule: ACT-006, mode: dry-run}]")
    both = trace_of("charged", {**HALF, "product_order.items[0].quantity": 0})
    (found,) = project([both], trial, ["ACT-006"])
    assert (found.would_hold, found.newly) == (1, 0)


def test_the_facts_that_a_gate_wants_are_not_the_rules(bound, trace_of):
    (found,) = project([trace_of("built")], bound(""), ["ACT-006"])
    assert (found.orders, found.would_hold) == (1, 0)


def test_its_parameters_are_those_of_the_rule_set(bound, trace_of):
    less = {
        "facts[F-active].value.downstreamRate": {"amount": 460, "units": "Mbit/s"},
        "facts[F-active-said].value.downstreamRate": {"amount": 460, "units": "Mbit/s"},
    }
    strict = bound("parameters: [{rule: ACT-006, set: {rateTolerancePercent: 5}}]")
    trace = trace_of("charged", less)
    assert project([trace], strict, ["ACT-006"])[0].would_hold == 1
    assert project([trace], bound(""), ["ACT-006"])[0].would_hold == 0


def test_no_orders_tell_nothing(bound):
    (found,) = project([], bound(""), ["ACT-006"])
    assert (found.rate, found.interval) == (0.0, (0.0, 1.0))


def test_a_rule_that_there_is_not_is_a_key_error(bound):
    with pytest.raises(KeyError):
        project([], bound(""), ["ACT-999"])


def test_the_interval_narrows_with_orders():
    few, many = Projection("X", 10, 1, 0, 1), Projection("X", 1000, 100, 0, 100)
    assert few.interval[1] - few.interval[0] > many.interval[1] - many.interval[0]


def test_every_base_can_be_projected(documents, bound, catalogue):
    traces = [Trace.model_validate(document) for document in documents.values()]
    codes = [rule.code for rule in catalogue.rules]
    assert all(one.would_reject == one.would_hold == 0 or one.newly == 0 for one in project(traces, bound(""), codes))

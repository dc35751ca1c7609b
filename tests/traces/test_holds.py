"""A fact that is not there: the gate that needs it holds for exactly it, and opens when it comes."""

import pytest

from gateway.faces.lifecycle.trace import trace_from_wire
from tests.traces.facts import DERIVED
from tests.traces.judge import VERSIONS, answer, holds, judged
from tests.traces.story import STORIES, Story, read
from tests.traces.trace import trace_of

NEEDS, SPARED = read("needs.yaml"), read("spared.yaml")
GATES = {"taken-in": 1, "decomposed": 3, "activated": 3, "charged": 4, "billed": 5}
KINDS = [name for name in STORIES if not Story.called(name).is_stopped]
OF_THEIR_OWN = {"fibre-permit", "fibre-credit-check", "fibre-acceptance"}
LIKE_FIBRE = [name for name in KINDS if name.startswith("fibre-") and name not in OF_THEIR_OWN]
STAGES = (
    [("fibre", stage) for stage in GATES]
    + [(name, stage) for name in KINDS for stage in ("decomposed", "billed") if name not in {"fibre", *LIKE_FIBRE}]
    + [(name, "charged") for name in LIKE_FIBRE]
)
ORDER = ("intake", "order-to-build", "build-to-activation", "activation-to-billing", "billing-to-close")


def keys_of(trace):
    return dict.fromkeys(f"{fact.predicate} {fact.subject}" for fact in trace.facts)


def without(trace, *keys):
    """Return the trace without every statement of those facts."""
    kept = tuple(fact for fact in trace.facts if f"{fact.predicate} {fact.subject}" not in keys)
    return trace.model_copy(update={"facts": kept})


def new_holds(said, before):
    """Return what gates lack that they did not lack before."""
    return {
        gate: more
        for gate, keys in holds(said).items()
        if (more := [key for key in keys if key not in before.get(gate, ())])
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_each_fact_that_is_taken_away_is_waited_for_by_name(name, stage, version):
    trace = trace_from_wire(trace_of(Story.called(name), stage, version))
    before = holds(judged(trace))
    asked = ORDER[: GATES[stage]]
    for key in keys_of(trace):
        predicate, row = key.split()[0], NEEDS.get(key.split()[0], {})
        said = judged(without(trace, key))
        is_free = predicate in DERIVED or key in SPARED.get(name, {}) or row["gate"] not in asked
        told = new_holds(said, before)
        assert is_free or row["gate"] in told, (key, told)
        assert set(told) <= {row.get("gate"), *row.get("also", ())}, (key, told)
        assert all(keys == [key] for keys in told.values()), (key, told)
        assert {finding["code"] for finding in said["findings"]} <= set(row.get("codes", ())), (key, said["findings"])
        assert {finding["severity"] for finding in said["findings"]} <= {"hold"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", KINDS)
def test_two_facts_that_are_missing_are_waited_for_until_both_are_there(name, version):
    trace = trace_from_wire(trace_of(Story.called(name), "billed", version))
    keys = [key for key in keys_of(trace) if key.split()[0] in NEEDS and key not in SPARED.get(name, {})]
    for one, other in zip(keys[::3], keys[2::3], strict=False):
        both = without(trace, one, other)
        missing = {key for keys in holds(judged(both)).values() for key in keys}
        assert missing
        assert missing <= {one, other}
        later = [fact for fact in trace.facts if f"{fact.predicate} {fact.subject}" in {one, other}]
        assert holds(judged(both.model_copy(update={"facts": (*both.facts, *later[::-1])}))) == {}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["fibre", "fibre-bare"])
def test_one_word_of_one_system_is_no_activation(name, version):
    trace = trace_of(Story.called(name), "activated", version)
    kept = [fact for fact in trace["facts"] if fact["predicate"] != "service.activated"]
    word = next(fact for fact in trace["facts"] if fact["predicate"] == "service.activated")
    said = answer({**trace, "facts": [*kept, {**word, "assurance": "asserted"}]})
    assert {finding["code"] for finding in said["findings"]} == {"ACT-002"}
    assert set(holds(said)) == {"build-to-activation"}

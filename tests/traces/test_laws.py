"""Laws of the trace document: the same said otherwise is judged the same; amounts, days and roles that are wrong are seen."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.traces.edit import edited
from tests.traces.judge import VERSIONS, answer
from tests.traces.respell import RESPELLINGS
from tests.traces.story import STORIES, Story, read
from tests.traces.trace import stages_of, trace_of

FAULTS = read("faults.yaml")
BRIEF = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def traces(draw, version):
    """Draw an honest order, or one with a fault, at a stage; and the seed of its respelling."""
    story = Story.called(draw(st.sampled_from(sorted(STORIES))))
    stage = draw(st.sampled_from(stages_of(story)))
    trace = trace_of(story, stage, version)
    fault = draw(st.sampled_from(FAULTS))
    fits = stage in fault.get("stages", (stage,)) and not story.is_stopped
    is_charged = bool(trace.get("customerBills", True)) and bool(trace.get("appliedCustomerBillingRates", True))
    if fits and is_charged:
        trace = edited(trace, fault.get("set"), fault.get("drop", ()))
    return trace, draw(st.integers(0, 2**32))


def summary(said):
    """Return what does not depend on names and places: verdicts, codes, and the predicates that are missing."""
    return (
        [(one["gate"], one["verdict"], sorted(key.split()[0] for key in one["missing"])) for one in said["gates"]],
        {(one["code"], one["severity"], one["gate"]) for one in said["findings"]},
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("respelling", RESPELLINGS, ids=lambda one: one.__name__)
def test_the_same_said_otherwise_is_judged_the_same(respelling, version):
    @BRIEF
    @given(traces(version))
    def law(drawn):
        trace, seed = drawn
        assert summary(answer(respelling(trace, Random(seed)))) == summary(answer(trace))

    law()


@pytest.mark.parametrize("version", VERSIONS)
def test_all_of_it_at_once_is_judged_the_same(version):
    @BRIEF
    @given(traces(version))
    def law(drawn):
        trace, seed = drawn
        told = trace
        for respelling in RESPELLINGS:
            told = respelling(told, Random(seed))
        assert summary(answer(told)) == summary(answer(trace))

    law()


@pytest.mark.parametrize("other", VERSIONS[1:] or VERSIONS)
def test_every_version_says_the_same(other):
    for name in list(STORIES)[::2]:
        story = Story.called(name)
        for stage in stages_of(story)[-2:]:
            for fault in FAULTS[:4]:
                first, second = (
                    edited(trace_of(story, stage, v), fault.get("set"), fault.get("drop", ())) for v in ("v4", other)
                )
                assert summary(answer(first)) == summary(answer(second))

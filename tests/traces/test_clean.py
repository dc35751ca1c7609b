"""Honest orders of every kind, at every stage, however their authors spell them: nothing is said, and every gate opens."""

import pytest

from tests.traces.judge import VERSIONS, answer, holds
from tests.traces.story import STORIES, Story, read
from tests.traces.trace import stages_of, trace_of

SPELLINGS = read("spellings.yaml")
STAGES = [(name, stage) for name in STORIES for stage in stages_of(Story.called(name))]
BUILT = {"field.completed", "device.bound", "resource.assigned", "resource.released"}
"""What a gate may wait for, beside the service itself, while an order is being built."""


def expect_silence(story, stage, version):
    said = answer(trace_of(story, stage, version))
    assert said["findings"] == []
    waiting = holds(said)
    if stage == "decomposed":
        waited_for = {key.split()[0] for key in waiting.pop("build-to-activation", ())}
        assert all(one in BUILT or one.startswith("service.") for one in waited_for)
    assert waiting == {}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_an_honest_order_goes_through_all_its_gates_in_silence(name, stage, version):
    expect_silence(Story.called(name), stage, version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda one: "-".join(f"{k}={v}" for k, v in one.items()))
def test_another_spelling_of_an_honest_order_is_as_silent(spelling, version):
    turn = SPELLINGS.index(spelling) + VERSIONS.index(version)
    for name in list(STORIES)[turn % 4 :: 4]:
        story = Story.called(name)
        if spelling.get("prices") is False and any("less" in item for item in story.items()):
            continue  # a reduction stands in the order's price and nowhere else
        spelled = Story(name, {**story.data, "say": {**story.data.get("say", {}), **spelling}})
        expect_silence(spelled, stages_of(spelled)[-2 if spelled.is_stopped else -1], version)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_being_built_until_its_service_runs(version):
    said = answer(trace_of(Story.called("fibre"), "decomposed", version))
    assert [one["gate"] for one in said["gates"]] == ["intake", "order-to-build", "build-to-activation"]
    assert "service.activated item:1" in holds(said)["build-to-activation"]

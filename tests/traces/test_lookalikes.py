"""Honest orders that look wrong: nothing above a warning is said of them."""

import pytest

from tests.traces.edit import edited
from tests.traces.judge import VERSIONS, alarms, answer, verdicts
from tests.traces.story import Story, read
from tests.traces.trace import trace_of

LOOKALIKES = {**read("lookalikes.yaml"), **read("dialects.yaml")}


def trace_from(row):
    """Return the v4 trace of a row; `others` are rows themselves."""
    trace = edited(trace_of(Story.called(row["story"]), row["stage"]), row.get("set"), row.get("drop", ()))
    if row.get("twice"):
        trace["facts"] += trace["facts"]
    if "others" in row:
        trace["others"] = [trace_from(other) for other in row["others"]]
    return trace


@pytest.mark.parametrize("name", LOOKALIKES)
def test_an_honest_order_that_looks_wrong_raises_no_alarm(name):
    said = answer(trace_from(LOOKALIKES[name]))
    assert alarms(said) == []
    assert "reject" not in verdicts(said).values()


def test_there_are_enough_of_them():
    assert len(LOOKALIKES) >= 50


DRAFTS = read("drafts.yaml")


@pytest.mark.parametrize("version", [version for version in VERSIONS if version == "v5"])
@pytest.mark.parametrize("name", DRAFTS)
def test_what_only_v5_can_say_raises_no_alarm(name, version):
    row = DRAFTS[name]
    trace = trace_of(Story.called(row["story"]), row["stage"], version)
    said = answer(edited(trace, row.get("set"), row.get("drop", ())))
    assert alarms(said) == []
    assert "reject" not in verdicts(said).values()

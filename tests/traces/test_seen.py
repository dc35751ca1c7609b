"""Amounts times a hundred, days beside the right ones, roles that are swapped: each is seen, whatever it is called."""

from datetime import date, datetime, timedelta

import pytest

from tests.traces.edit import at, edited
from tests.traces.judge import VERSIONS, alarms, answer, holds
from tests.traces.story import Story, read
from tests.traces.trace import trace_of

SEEN = read("seen.yaml")


def shifted(text, days):
    if len(text) == len("2026-03-01"):
        return (date.fromisoformat(text) + timedelta(days)).isoformat()
    return (datetime.fromisoformat(text) + timedelta(days)).isoformat()


def is_seen(trace):
    said = answer(trace)
    return bool(alarms(said) or holds(said))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "path"), SEEN["money"])
def test_a_hundred_times_the_money_is_seen(name, path, version):
    trace = trace_of(Story.called(name), "billed", version)
    money = at(trace, path)
    assert is_seen(edited(trace, {path: {**money, "value": money["value"] * 100}}))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "path", "days"),
    [(*row, days) for row in SEEN["days"] for days in (1, -1)] + [(*row, 1) for row in SEEN["days later"]],
)
def test_a_day_beside_the_right_one_is_seen(name, path, days, version):
    trace = trace_of(Story.called(name), "billed", version)
    assert is_seen(edited(trace, {path: shifted(at(trace, path), days)}))


@pytest.mark.parametrize("number", range(len(SEEN["roles"])))
def test_swapped_roles_are_seen(number):
    row = SEEN["roles"][number]
    assert is_seen(edited(trace_of(Story.called(row["story"]), "billed"), row["set"]))

"""The adapter of Request Tracker with what a real one answered."""

from pathlib import Path

import pytest

from adapters.request_tracker.adapter import RequestTrackerAdapter
from adapters.request_tracker.plugin import PLUGIN
from adapters.request_tracker.settings import RequestTrackerSettings
from gateway.ports.adapter import Role
from gateway.vocabulary.conformance import load_declaration
from gateway.vocabulary.load import load_vocabularies
from tests.adapters.playing import replaying
from tests.adapters.request_tracker.crew import Crew
from tests.adapters.request_tracker.scenarios import SCENARIOS

SETTINGS = RequestTrackerSettings(url="http://127.0.0.1:9", password="hidden")
CODES = PLUGIN.vocabularies[Role.FIELD_WORK]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
async def test_it_does_what_is_asked(scenario):
    context, now = replaying(Path(__file__).parent / "recorded" / scenario.__name__)
    adapter, crew = RequestTrackerAdapter(SETTINGS, load_vocabularies(CODES)), Crew(SETTINGS)
    with context:
        await scenario(adapter, now, crew)
    await adapter.close()
    await crew.close()


def test_it_declares_what_it_does():
    declaration = load_declaration(CODES.with_name("conformance.yaml"))
    assert list(declaration.problems(Role.FIELD_WORK, RequestTrackerAdapter.capabilities)) == []

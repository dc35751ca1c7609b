"""The adapter of Request Tracker with what a real one answered."""

from pathlib import Path

import pytest

from adapters.request_tracker.adapter import RequestTrackerAdapter
from adapters.request_tracker.plugin import PLUGIN
from adapters.request_tracker.settings import RequestTrackerSettings
from contract_tests.adapter import FieldWorkContract
from gateway.ports.adapter import Role
from gateway.vocabulary.load import load_vocabularies
from tests.adapters.keeping import WITHOUT_THE_SYSTEM, Silent, wrong_without_the_system
from tests.adapters.playing import replaying
from tests.adapters.request_tracker.crew import Crew
from tests.adapters.request_tracker.kit import target_of
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


async def test_the_contract_kit_finds_nothing_wrong_with_what_was_recorded():
    wrong, made = await wrong_without_the_system(FieldWorkContract, target_of(SETTINGS, Silent()))
    assert wrong == {}
    assert made == set(WITHOUT_THE_SYSTEM)

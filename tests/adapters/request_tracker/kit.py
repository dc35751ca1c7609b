"""The adapter of Request Tracker as a target of the contract kit."""

from contextlib import contextmanager
from pathlib import Path

from adapters.request_tracker.plugin import PLUGIN
from adapters.request_tracker.settings import RequestTrackerSettings
from adapters.sdk.recording import recorded
from contract_tests.adapter import AdapterTarget
from gateway.ports.adapter import Role

CODES = PLUGIN.vocabularies[Role.FIELD_WORK]
RECORDED = Path(__file__).with_name("recorded")
NOWHERE = RequestTrackerSettings(url="http://127.0.0.1:9", password="hidden")
DRIVEN = {}


def target_of(settings, legacy):
    """Return the target."""

    @contextmanager
    def replay(folder):
        with recorded(folder):
            yield PLUGIN.create(Role.FIELD_WORK, NOWHERE, CODES.parent)

    hurried = settings.model_copy(update={"answer_seconds": 1.0})
    return AdapterTarget(
        create=lambda: PLUGIN.create(Role.FIELD_WORK, settings, CODES.parent),
        hurried=lambda: PLUGIN.create(Role.FIELD_WORK, hurried, CODES.parent),
        conformance=CODES.with_name("conformance.yaml"),
        vocabularies=[CODES],
        legacy=legacy,
        recorded=RECORDED,
        replay=replay,
        driven=DRIVEN,
        neighbours=2,
    )

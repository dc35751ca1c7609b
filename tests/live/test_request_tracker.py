"""The adapter of Request Tracker with a real one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.request_tracker.adapter import RequestTrackerAdapter
from adapters.request_tracker.client import TicketClient
from adapters.request_tracker.plugin import PLUGIN
from adapters.request_tracker.settings import RequestTrackerSettings
from gateway.ports.adapter import Role
from gateway.ports.errors import NeedsOperator, Refused, TryLater
from gateway.vocabulary.load import load_vocabularies
from tests.adapters.playing import recording
from tests.adapters.request_tracker.crew import Crew
from tests.adapters.request_tracker.scenarios import SCENARIOS, ordered
from tests.adapters.selling import sold

RECORDED = Path(__file__).parents[1] / "adapters" / "request_tracker" / "recorded"


@pytest.fixture
def settings(request_tracker):
    return RequestTrackerSettings(**request_tracker.settings[Role.FIELD_WORK])


@pytest.fixture
async def adapter(settings):
    adapter = RequestTrackerAdapter(settings, load_vocabularies(PLUGIN.vocabularies[Role.FIELD_WORK]))
    yield adapter
    await adapter.close()


@pytest.fixture
async def client(settings):
    client = TicketClient(settings)
    yield client
    await client.close()


@pytest.fixture
async def crew(settings):
    crew = Crew(settings, 0.5)
    yield crew
    await crew.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
async def test_it_does_what_is_asked(adapter, crew, scenario):
    context, now = recording(RECORDED / scenario.__name__)
    with context:
        await scenario(adapter, now, crew)


async def test_a_status_that_there_is_not_is_refused_though_the_answer_is_200(adapter, client):
    (ticket,) = (await adapter.submit(ordered("book", datetime.now(UTC), sold(), order="X-1"))).legacy_ids.values()
    with pytest.raises(Refused, match="isn't a valid status") as caught:
        await client.set_status(ticket, "finished")
    assert caught.value.legacy_code == "STATUS"
    with pytest.raises(Refused) as caught:
        await client.set_status(ticket, "resolved")
    assert caught.value.legacy_code == "TRANSITION"


async def test_a_ticket_that_somebody_else_has_changed_is_read_again(adapter, client, crew, monkeypatch):
    (ticket,) = (await adapter.submit(ordered("book", datetime.now(UTC), sold(), order="X-2"))).legacy_ids.values()
    request, changed = client._http.request, False

    async def interrupted(method, path, **more):
        nonlocal changed
        if method == "PUT" and not changed:
            changed = True
            await crew(ticket, None, Serial=["SOMEBODY-ELSE"])
        return await request(method, path, **more)

    monkeypatch.setattr(client._http, "request", interrupted)
    with pytest.raises(TryLater, match="somebody else") as caught:
        await client.set_status(ticket, "open")
    assert caught.value.only_this
    await client.set_status(ticket, "open")


async def test_a_queue_that_there_is_not_waits_for_a_person(settings):
    adapter = RequestTrackerAdapter(
        settings.model_copy(update={"queue": "Nowhere"}), load_vocabularies(PLUGIN.vocabularies[Role.FIELD_WORK])
    )
    with pytest.raises(NeedsOperator, match="no queue Nowhere"):
        await adapter.submit(ordered("book", datetime.now(UTC), sold(), order="X-3"))
    await adapter.close()


async def test_a_queue_that_would_drop_what_is_written_waits_for_a_person(settings):
    adapter = RequestTrackerAdapter(
        settings.model_copy(update={"queue": "General"}), load_vocabularies(PLUGIN.vocabularies[Role.FIELD_WORK])
    )
    with pytest.raises(NeedsOperator, match="lacks the custom fields Order"):
        await adapter.submit(ordered("book", datetime.now(UTC), sold(), order="X-4"))
    await adapter.close()


async def test_a_wrong_password_waits_for_a_person(settings):
    wrong = settings.model_copy(update={"password_file": Path(__file__)})
    client = TicketClient(wrong)
    with pytest.raises(NeedsOperator):
        await client.health()
    await client.close()


async def test_it_is_asked_once_for_all_that_has_changed(adapter, client, crew):
    began = (await adapter.poll(None)).cursor
    (ticket,) = (await adapter.submit(ordered("book", datetime.now(UTC), sold(), order="X-5"))).legacy_ids.values()
    first = await adapter.poll(began)
    assert "X-5" in {one.reference for one in first.changes}
    await client.set_status(ticket, "open")
    second = await adapter.poll(first.cursor)
    assert "X-5" in {one.reference for one in second.changes}
    assert second.cursor >= first.cursor


async def test_it_says_that_it_is_well(adapter):
    assert "Field Installation" in await adapter.check()

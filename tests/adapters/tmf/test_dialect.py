"""The adapter to an upstream with a dialect of its own."""

from pathlib import Path

import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from adapters.tmf.plugin import PLUGIN
from gateway.canonical.listening import HeardEvent
from gateway.ports.adapter import Capability, Outcome, Role
from gateway.ports.errors import NeedsOperator, NotSupported, OutcomeUnknown, Refused, TryLater, UnknownCode, Unreadable
from gateway.ports.outcome import InDoubt, Known, in_doubt
from tests.adapters.orders import fibre, rates, said
from tests.adapters.served import served
from tests.adapters.tmf.upstream import PREFIX, Upstream

pytestmark = pytest.mark.server

DIALECT = {"prefix": PREFIX, "item_key": "orderItem", "cancel": "patch"}


@pytest.fixture
async def upstream():
    """The upstream; its address is on it."""
    running = Upstream()
    async with served(running.app) as address:
        running.address = address
        yield running


@pytest.fixture
async def make_adapter(upstream):
    """Make an adapter; settings may be others than usual."""
    made = []

    def make(**changed):
        settings = PLUGIN.settings(**{"url": upstream.address, **DIALECT, **changed})
        made.append(PLUGIN.create(Role.ACTIVATION, settings, Path()))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def tmf(make_adapter):
    """The adapter."""
    return make_adapter()


async def test_an_order_is_found_again_among_others_whatever_the_filter_and_the_link_say(tmf, upstream):
    for number in range(120):
        upstream.add(externalId=f"X-{number}", state="completed", orderItem=[])
    assert (await tmf.submit(fibre())).outcome is Outcome.WORKING
    assert (await tmf.submit(fibre())).outcome is Outcome.WORKING
    assert upstream.requests.count("POST") == 1
    assert await tmf.outcome_of(fibre()) is Known.PRESENT
    assert await tmf.outcome_of(fibre(order="O-2")) is Known.ABSENT


async def test_a_known_order_is_asked_for_by_its_id(tmf, upstream):
    first = await tmf.submit(fibre())
    assert first.legacy_ids["tmf O-1"] == "UP-1"
    upstream.requests.clear()
    await tmf.fetch(fibre(legacy_ids=first.legacy_ids))
    assert upstream.requests == ["GET"]


async def test_what_it_says_of_a_completed_line_is_reported(tmf, upstream):
    await tmf.submit(fibre())
    upstream.set(order="completed", item="completed", id="SVC-9", state="active")
    upstream.set()["completionDate"] = "2026-03-09T15:02:11+01:00"
    (fact,) = said(await tmf.fetch(fibre()), "service.activated")
    assert fact.value["downstreamRate"] == {"amount": 500000, "units": "kbit/s"}
    assert fact.valid_from.isoformat() == "2026-03-09T14:02:11+00:00"
    assert (await tmf.fetch(fibre())).legacy_ids == {"tmf O-1": "UP-1", "service 1.1": "SVC-9"}
    assert tmf.losses.findings == ()


async def test_lines_end_as_the_order_does_where_they_say_nothing(tmf, upstream):
    await tmf.submit(fibre())
    upstream.set(order="completed", item="acknowledged")
    assert said(await tmf.fetch(fibre()), "service.activated")
    upstream.set(order="partial")
    with pytest.raises(Unreadable, match="in part"):
        await tmf.fetch(fibre())


@pytest.mark.parametrize("state", ["failed", "rejected", "cancelled"])
async def test_a_line_that_failed_is_refused_with_its_reason(tmf, upstream, state):
    await tmf.submit(fibre())
    upstream.set(order="failed", item=state)["errorMessage"] = [{"reason": "no port, password=hunter2"}]
    (refusal,) = (await tmf.fetch(fibre())).refusals
    assert (refusal.subject, refusal.legacy_code, refusal.legacy_text) == ("item:1", state, "no port, password=***")


@pytest.mark.parametrize("state", ["acknowledged", "inProgress", "pending", "held", "pendingCancellation"])
async def test_a_line_on_its_way_is_working(tmf, upstream, state):
    await tmf.submit(fibre())
    upstream.set(order=state, item=state)
    assert (await tmf.fetch(fibre())).outcome is Outcome.WORKING


@pytest.mark.parametrize(
    ("service", "error"),
    [
        ({"state": "ACTIVE"}, UnknownCode),
        ({"serviceCharacteristic": [{"name": "downstreamRate", "value": "500 mbps"}]}, UnknownCode),
        ({"serviceCharacteristic": [{"name": "downstreamRate", "value": 500}]}, UnknownCode),
        ({"serviceCharacteristic": [{"name": "downstreamRate", "value": "fast Mbit/s"}]}, Unreadable),
    ],
)
async def test_a_word_that_the_tables_lack_is_never_guessed(tmf, upstream, service, error):
    await tmf.submit(fibre())
    upstream.set(order="completed", item="completed", **service)
    with pytest.raises(error):
        await tmf.fetch(fibre())


async def test_a_state_of_another_version_is_none_of_this_one(tmf, make_adapter, upstream):
    await tmf.submit(fibre())
    upstream.set(order="inProgress.accepted")
    with pytest.raises(UnknownCode, match="tmf-order-state-v4"):
        await tmf.fetch(fibre())


async def test_rates_in_another_spelling_are_the_same_rates(tmf, upstream):
    await tmf.submit(fibre())
    upstream.set(
        order="completed", item="completed", serviceCharacteristic=[{"name": "downstreamRate", "value": "0.5 Gbps"}]
    )
    assert said(await tmf.fetch(fibre()), "service.activated")[0].value["downstreamRate"]["amount"] == 500000


async def test_an_answer_that_was_lost_is_looked_up_and_not_sent_again(tmf, upstream):
    upstream.lose = "after"
    with pytest.raises(OutcomeUnknown):
        await tmf.submit(fibre())
    assert await tmf.outcome_of(fibre()) is Known.PRESENT
    await tmf.submit(fibre())
    assert upstream.requests.count("POST") == 1


async def test_a_busy_upstream_got_nothing(tmf, upstream):
    upstream.lose = "before"
    with pytest.raises(TryLater):
        await tmf.submit(fibre())
    assert await tmf.outcome_of(fibre()) is Known.ABSENT


async def test_an_upstream_that_forgets_our_name_leaves_a_lost_answer_to_a_person(make_adapter):
    tmf = make_adapter(lookup="none")
    assert in_doubt(tmf, "activate") is InDoubt.HOLD
    assert tmf.capabilities["lookup activate"] is Capability.NOT_IMPLEMENTED


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (
            JSONResponse({"code": "40", "reason": "no such place", "message": "survey it"}, 422),
            Refused,
            "40: no such place",
        ),
        (JSONResponse({"detail": "x"}, 401), NeedsOperator, "credentials"),
        (JSONResponse([], 201), Unreadable, "has an id"),
        (
            JSONResponse({"id": "UP-1", "state": "acknowledged"}, 201),
            Unreadable,
            "does not show its lines; it said: .1.1",
        ),
        (PlainTextResponse("<html>token=abc</html>", 200), Unreadable, r"JSON; it said: '<html>token=\*\*\*"),
    ],
)
async def test_an_answer_that_is_no_order_is_named(tmf, upstream, answer, error, words, monkeypatch):
    known = await tmf.submit(fibre(order="O-0"))
    assert known.outcome is Outcome.WORKING
    create = tmf._client.create

    async def then(body):
        upstream.answer = answer
        return await create(body)

    monkeypatch.setattr(tmf._client, "create", then)
    with pytest.raises(error, match=words):
        await tmf.submit(fibre())


async def test_a_specification_that_the_table_lacks_is_not_ordered(tmf, upstream):
    for ask in (tmf.submit, tmf.fetch):
        with pytest.raises(UnknownCode, match="tmf-specification"):
            await ask(fibre(specification="CFS-MOON"))
    assert "POST" not in upstream.requests


async def test_a_change_of_a_service_whose_id_is_not_known_is_refused(tmf, upstream):
    report = await tmf.submit(fibre(action="modify", characteristics=rates(100000)))
    assert [one.legacy_code for one in report.refusals] == ["NO-SERVICE-ID"]
    known = fibre(action="modify", characteristics=rates(100000), legacy_ids={"service 1.1": "SVC-9"})
    await tmf.submit(known)
    assert upstream.set()["orderItem"][0]["service"]["id"] == "SVC-9"


async def test_what_is_ended_says_so_and_gives_back_what_it_had(tmf, upstream):
    asked = fibre(action="delete", state="terminated", legacy_ids={"service 1.1": "SVC-9"})
    await tmf.submit(asked)
    upstream.set(order="completed", item="completed")
    assert [one.predicate for one in (await tmf.fetch(asked)).facts] == ["service.ceased", "resource.released"]


async def test_an_order_is_cancelled_once_and_not_when_it_was_delivered(tmf, upstream):
    await tmf.submit(fibre())
    assert (await tmf.cancel(fibre())).outcome is Outcome.DONE
    assert (await tmf.cancel(fibre())).outcome is Outcome.DONE
    assert upstream.requests.count("PATCH") == 1
    upstream.set(order="completed", item="completed")
    with pytest.raises(Refused, match="delivered"):
        await tmf.cancel(fibre())
    assert said(await tmf.cancel(fibre(leave_done=True)), "service.activated")


async def test_without_a_way_to_cancel_it_is_not_supported(make_adapter):
    tmf = make_adapter(cancel="none")
    assert tmf.capabilities["cancel activate"] is Capability.NOT_IMPLEMENTED
    with pytest.raises(NotSupported):
        await tmf.cancel(fibre())


async def test_a_milestone_that_the_settings_trust_backs_what_it_says(make_adapter, upstream):
    tmf = make_adapter(trusts_milestone="activated")
    await tmf.submit(fibre())
    upstream.set(order="completed", item="completed")["milestone"] = [{"name": "activated", "status": "Completed"}]
    (fact,) = said(await tmf.fetch(fibre()), "service.activated")
    assert (fact.assurance, fact.evidence[0].ref) == ("corroborated", "UP-1/activated")


def heard(order, face="tmf641-v4", **more):
    body = {"eventType": "ServiceOrderStateChangeEvent", "event": {"serviceOrder": order}}
    return HeardEvent(id="1", face=face, event_id="E", event_type="ServiceOrderStateChangeEvent", body=body, **more)


async def test_a_notification_says_what_fetch_says(tmf, upstream):
    await tmf.submit(fibre())
    order = upstream.set(order="completed", item="completed", state="active")
    order["completionDate"] = "2026-03-09T14:02:11Z"
    told = heard(order)
    assert tmf.about(told).reference == "O-1"
    assert tmf.report_from_event(told).facts == (await tmf.fetch(fibre())).facts


async def test_a_notification_of_another_face_is_none_of_ours(tmf):
    order = {"id": "UP-1", "externalId": "O-1", "state": "completed", "orderItem": []}
    assert tmf.about(heard(order, face="tmf641-v5")) is None
    assert tmf.about(heard(None)) is None
    assert tmf.about(heard({"state": "completed"})) is None


async def test_a_notification_that_cannot_tell_all_is_left_to_the_next_poll(tmf, make_adapter):
    line = {"id": "1.1", "action": "add", "state": "completed", "service": {"state": "active"}}
    order = {"id": "UP-1", "externalId": "O-1", "state": "completed", "orderItem": [line]}
    assert tmf.report_from_event(heard(order)).outcome is Outcome.DONE
    assert make_adapter(trusts_milestone="activated").report_from_event(heard(order)).outcome is Outcome.WORKING
    order["orderItem"] = [line | {"action": "modify"}]
    assert tmf.report_from_event(heard(order)).outcome is Outcome.WORKING


async def test_its_health(tmf, make_adapter):
    assert await tmf.check() == f"tmf answers at {PREFIX}"
    with pytest.raises(Refused):
        await make_adapter(prefix="/nowhere").check()


async def test_a_product_that_the_same_order_made_is_named_as_the_upstream_names_it(make_adapter, upstream):
    tmf = make_adapter(face="tmf622", order_path="serviceOrder", offerings={"FIBRE-500": "F-500"})
    asked = fibre(action="delete", product="OURS", legacy_ids={"service 1": "THEIRS"})
    assert (await tmf.submit(asked)).outcome is Outcome.WORKING
    (order,) = upstream.orders.values()
    assert order["orderItem"][0]["product"]["id"] == "THEIRS"


async def test_an_order_of_which_a_line_is_to_stay_is_not_cancelled(tmf, upstream):
    await tmf.submit(fibre())
    line = upstream.set()["orderItem"][0]
    upstream.set()["orderItem"].append({**line, "id": "2.1"})
    with pytest.raises(Refused, match="lines of it are to stay"):
        await tmf.cancel(fibre())
    assert upstream.set()["state"] == "acknowledged"

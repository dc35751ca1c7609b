"""Exchanges that are recorded once and replayed without the system, and what is said where a request differs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from adapters.sdk.hiding import HIDDEN, Hiding
from adapters.sdk.http import HttpClient, TimeLimits
from adapters.sdk.recording import Different, Failed, current_tape, recorded, through
from adapters.simulated.plugins import CRM, FIELD
from gateway.ports.adapter import Operation, Outcome, Role
from gateway.ports.errors import NeedsOperator, OutcomeUnknown, Refused, TryLater

HERE = Path(__file__).parents[1]
ROW = (1, Decimal("9.90"), b"\x00", date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC), UUID(int=7))
ANSWER = {"rows": [ROW], "password": "x"}


async def answering(value=ANSWER):
    if isinstance(value, Exception):
        raise value
    return value


async def taped(folder, call="SELECT", request=None, value=ANSWER, **more):
    with recorded(folder, **more):
        return await through(call, request or {"sql": "select 1"}, lambda: answering(value))


async def test_any_client_may_record_what_it_asks(tmp_path):
    assert await through("SELECT", {}, answering) is ANSWER
    assert current_tape() is None
    assert await taped(tmp_path, record=True) is ANSWER
    assert await taped(tmp_path, value=RuntimeError("not asked")) == {
        "rows": [list(ANSWER["rows"][0])],
        "password": HIDDEN,
    }


@pytest.mark.parametrize(
    "error",
    [
        TryLater("busy", retry_after_seconds=3.0),
        OutcomeUnknown("no answer"),
        Refused("E17", "no", subject="item:1"),
        NeedsOperator("licence", "buy one", only_this=True),
    ],
    ids=lambda one: one.code,
)
async def test_errors_of_ours_come_back_as_they_were(tmp_path, error):
    for record in (True, False):
        with pytest.raises(type(error)) as caught:
            await taped(tmp_path, value=error, record=record)
    assert vars(caught.value) == vars(error)
    assert str(caught.value) == str(error)


async def test_errors_of_a_library_are_made_anew_by_name(tmp_path):
    with pytest.raises(KeyError):
        await taped(tmp_path, value=KeyError("row"), record=True)
    with pytest.raises(Failed, match="KeyError: 'row'"):
        await taped(tmp_path)
    with recorded(tmp_path), pytest.raises(LookupError, match="row"):
        await through("SELECT", {"sql": "select 1"}, answering, {"KeyError": LookupError})


async def test_a_request_that_differs_is_named_member_by_member(tmp_path):
    await taped(tmp_path, request={"sql": "insert", "values": [1, {"rate": 500}], "id": 7}, record=True)
    with pytest.raises(Different) as caught:
        await taped(tmp_path, "INSERT", {"sql": "insert", "values": [1, {"rate": 500000}, 2], "id": 8})
    said = str(caught.value)
    assert "001.json: another request was recorded" in said
    for line in (
        'call: recorded "SELECT", asked "INSERT"',
        "request.values[1].rate: recorded 500, asked 500000",
        "request.values[2]: recorded nothing, asked 2",
        "request.id: recorded 7, asked 8",
    ):
        assert line in said
    assert await taped(tmp_path, request={"sql": "insert", "values": [1, {"rate": 500}], "id": 9}, volatile=["id"])


async def test_exchanges_too_many_and_too_few_are_told(tmp_path):
    with pytest.raises(Different, match="holds no recorded exchange"):
        await taped(tmp_path / "nowhere")
    await taped(tmp_path, record=True)
    with recorded(tmp_path), pytest.raises(Different, match="SELECT is asked beyond what was recorded"):
        for _ in range(2):
            await through("SELECT", {"sql": "select 1"}, answering)
    with pytest.raises(Different, match=r"not asked for: 001\.json"), recorded(tmp_path):
        pass


async def test_recording_anew_leaves_nothing_of_before(tmp_path):
    with recorded(tmp_path, record=True):
        for _ in range(3):
            await through("SELECT", {}, answering)
    (tmp_path / "report.json").write_text("{}")
    await taped(tmp_path, record=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["001.json", "report.json"]


async def test_what_cannot_be_recorded_is_refused(tmp_path):
    with pytest.raises(TypeError, match="object cannot be recorded"):
        await taped(tmp_path, request={"what": object()}, record=True)


@pytest.mark.parametrize(
    "value",
    [
        {"user": "u", "Password": "geheim-1"},
        {"api_key": 12345},
        {"headers": {"Authorization": "Basic geheim-1geheim-1"}},
        "<login><passwort typ='a'>geheim-1</passwort></login>",
        '<login token="geheim-1"/>',
        "postgresql://me:geheim-1@db/x",
        "GET /x?session=geheim-1&y=2",
        "Bearer geheim-1geheim-1",
        ["mail geheim-1@example.com"],
        {"NAME": "geheim-1"},
        [{"attribute": "Cleartext-Password", "op": ":=", "value": "geheim-1"}],
        "https://gw.example/lifecycle/v1/callbacks/eyJ0Ijo.geheim-1geheim-1geheim-1",
    ],
)
def test_secrets_and_named_people_are_hidden(value):
    hidden = Hiding({"NAME": "A. Nonymous"}).of(value)
    assert "geheim-1" not in str(hidden)
    assert "12345" not in str(hidden)
    assert type(hidden) is type(value)


def test_numbers_codes_and_times_stay():
    value = {"until": 1700000000000, "iccid": "8949200000000000001", "msisdn": "+14152797439", "pinned": True}
    value["rows"] = [{"attribute": "Auth-Type", "op": ":=", "value": "Reject"}, {"name": "token", "value": None}]
    assert Hiding().of(value) == value


async def test_a_recorded_adapter_needs_no_system(simulation, message, item, tmp_path):
    """The whole of a visit: recorded at the simulated system, replayed where nothing listens."""
    build = message(Role.FIELD_WORK, Operation.BUILD, item())
    settings = simulation.settings[Role.FIELD_WORK]
    reports = []
    for record, url in ((True, settings["url"]), (False, "http://127.0.0.1:9")):
        adapter = FIELD.create(Role.FIELD_WORK, FIELD.settings(**{**settings, "url": url}), Path())
        with recorded(tmp_path / "visit", record=record):
            assert (await adapter.submit(build)).outcome is Outcome.WORKING
            reports.append(await adapter.fetch(build))
        await adapter.close()
    assert reports[0] == reports[1]
    assert reports[0].facts
    first = orjson.loads((tmp_path / "visit" / "001.json").read_bytes())
    assert first["call"] == "GET /REST/1.0/tickets"
    assert first["request"]["query"] == [["Reference", "O-1"]]
    assert first["answer"]["body"] == {"json": {"count": 0, "items": []}}


async def test_failures_are_replayed_for_what_happens_next(tmp_path, simulation, misbehave, message, item):
    build, settings = message(Role.FIELD_WORK, Operation.BUILD, item()), simulation.settings[Role.FIELD_WORK]
    await misbehave(Role.FIELD_WORK, "lost-answer")
    for record in (True, False):
        adapter = FIELD.create(Role.FIELD_WORK, FIELD.settings(**settings), Path())
        with recorded(tmp_path / "lost", record=record), pytest.raises(OutcomeUnknown):
            await adapter.submit(build)
        await adapter.close()
        client = HttpClient("http://127.0.0.1:9", "nobody", limits=TimeLimits(connect_seconds=1.0))
        with recorded(tmp_path / "down", record=record), pytest.raises(TryLater):
            await client.request("POST", "/x", json={})
        await client.close()


async def test_what_was_recorded_of_a_new_fibre_is_read_as_ever(message, item):
    gather = message(Role.CUSTOMER, Operation.GATHER, item())
    adapter = CRM.create(Role.CUSTOMER, CRM.settings(url="http://127.0.0.1:9"), Path())
    with recorded(HERE / "crm" / "recorded" / "gather" / "a_new_fibre"):
        report = await adapter.submit(gather)
    await adapter.close()
    said = {str(fact.key): fact.value for fact in report.facts}
    assert said["site.qualified item:1"]["maxDownstreamRate"] == {"amount": 1000, "units": "Mbit/s"}
    assert said["site.qualified item:1"]["validUntil"] == "2027-12-31"
    assert said["party.identified productOrder"] == {"party": "CUST-1001"}
    assert adapter.losses.report(gather.id).findings == ()

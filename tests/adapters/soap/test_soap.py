"""The adapter for a provisioning system that speaks SOAP."""

from base64 import b64encode
from pathlib import Path

import pytest
from starlette.responses import Response

from adapters.soap.plugin import PLUGIN
from gateway.canonical.fact import Assurance
from gateway.ports.adapter import Outcome, Role
from gateway.ports.errors import NeedsOperator, OutcomeUnknown, Refused, SetupError, TryLater, UnknownCode, Unreadable
from gateway.ports.outcome import Known
from tests.adapters.orders import done, fact, fibre, rates, said
from tests.adapters.served import served
from tests.adapters.soap.system import WSDL, Provisioning

pytestmark = pytest.mark.server

SOLD = {"downstreamRate": {"amount": 500000, "units": "kbit/s"}, "upstreamRate": {"amount": 50000, "units": "kbit/s"}}


@pytest.fixture
async def system():
    """The system; its address is on it."""
    running = Provisioning()
    async with served(running.app) as address:
        running.address = f"{address}/soap"
        yield running


@pytest.fixture
async def make_adapter(system):
    """Make an adapter; settings may be others than usual."""
    made = []

    def make(**changed):
        made.append(PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(**{"url": system.address, **changed}), Path()))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def soap(make_adapter):
    """The adapter."""
    return make_adapter()


@pytest.fixture
def mapping(tmp_path):
    """Write a mapping with something changed, beside the WSDL; return its path."""

    def write(old="", new=""):
        (tmp_path / "provisioning.wsdl").write_bytes(WSDL.read_bytes())
        text = WSDL.with_name("mapping.yaml").read_text()
        assert old in text
        (tmp_path / "mapping.yaml").write_text(text.replace(old, new, 1))
        return str(tmp_path / "mapping.yaml")

    return write


async def test_what_is_mapped_is_sent_and_read_back_and_measured(soap, system):
    report = await done(soap, fibre(facts=(fact("resource.reserved", ipv4=["100.64.0.9"]),)))
    told, measured = said(report, "service.activated", "soap"), said(report, "service.activated", "soap-probe")
    assert told[0].value == SOLD | {"ipv4": ["100.64.0.9"]}
    assert (measured[0].value, measured[0].assurance) == (SOLD, Assurance.VERIFIED)
    assert measured[0].evidence[0].ref.startswith("T-")
    assert said(report, "resource.assigned")[0].value == {"ipv4": ["100.64.0.9"]}
    (row,) = system.services.values()
    sent = {name: row[name] for name in ("serviceType", "downRate", "rateUnit", "customerRef")}
    assert sent == {"serviceType": "INET", "downRate": "500", "rateUnit": "Mb", "customerRef": "CUST-1001"}
    assert report.legacy_ids == {"service 1.1": "SVC-1"}
    assert soap.losses.findings == ()


async def test_the_same_message_twice_makes_one_service(soap, system):
    for _ in range(2):
        await done(soap, fibre())
    assert system.calls.count("CreateService") == 1


async def test_a_service_is_changed_suspended_resumed_and_ended(soap, system):
    await done(soap, fibre())
    same = {"action": "modify", "product": "PR-O-1-1"}
    slower = await done(soap, fibre(order="O-2", characteristics=rates(100000, 20000), **same))
    assert said(slower, "service.activated", "soap")[0].value["upstreamRate"]["amount"] == 20000
    assert said(await done(soap, fibre(order="O-3", state="inactive", **same)), "service.suspended")
    assert said(await done(soap, fibre(order="O-4", was="suspended", **same)), "service.resumed")
    ended = await done(soap, fibre(order="O-5", action="delete", state="terminated", product="PR-O-1-1"))
    assert said(ended, "service.ceased", "soap-probe")
    assert said(ended, "resource.released")
    assert system.calls.count("SetStatus") == 3


async def test_what_is_delivered_is_reported_not_what_was_ordered(soap, system):
    system.measured = {"downRate": 30, "rateUnit": "MB"}
    report = await done(soap, fibre())
    amounts = [one.value["downstreamRate"]["amount"] for one in said(report, "service.activated")]
    assert amounts == [500000, 240000]


async def test_a_change_that_is_not_in_force_is_working(soap, system):
    await done(soap, fibre())
    system.services["SVC-1"]["status"] = "CHANGING"
    assert (await soap.fetch(fibre())).outcome is Outcome.WORKING
    with pytest.raises(TryLater) as caught:
        await soap.submit(fibre(order="O-2", action="modify", product="PR-O-1-1"))
    assert caught.value.only_this


@pytest.mark.parametrize("code", ["SOAP-ENV:Client.NoPort", "Server"])
async def test_a_fault_with_status_500_refuses_the_item_and_is_no_failure(soap, system, code):
    system.fault = (code, "no port at 1 Main Street, password=hunter2")
    (refusal,) = (await soap.submit(fibre())).refusals
    assert (refusal.subject, refusal.legacy_code) == ("item:1", code)
    assert refusal.legacy_text == "no port at 1 Main Street, password=***"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("Server.Busy", TryLater),
        ("Server.Locked", TryLater),
        ("SOAP-ENV:Client.Login", NeedsOperator),
        ("Server.Stored", OutcomeUnknown),
    ],
)
async def test_a_fault_means_what_the_mapping_says(soap, system, code, error):
    system.fault = (code, "later")
    with pytest.raises(error):
        await soap.submit(fibre())


async def test_a_lost_answer_is_looked_up_and_not_sent_again(soap, system):
    system.lose = True
    with pytest.raises(OutcomeUnknown):
        await soap.submit(fibre())
    assert await soap.outcome_of(fibre()) is Known.PRESENT
    await done(soap, fibre())
    assert system.calls.count("CreateService") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"<html>token=abc</html>",
        b"not xml, token=abc",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b'<?xml version="1.0"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>',
    ],
)
async def test_an_answer_that_its_wsdl_does_not_have_is_unreadable(soap, system, content):
    system.answer = Response(content, media_type="text/xml")
    with pytest.raises(Unreadable) as caught:
        await soap.submit(fibre())
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"status": "running"}, UnknownCode),
        ({"rateUnit": "mb"}, UnknownCode),
        ({"changedAt": "2026-03-09"}, Unreadable),
    ],
)
async def test_a_word_that_the_tables_lack_is_never_guessed(soap, system, changed, error):
    await done(soap, fibre())
    system.services["SVC-1"] |= changed
    with pytest.raises(error):
        await soap.observe(fibre())


async def test_fetch_sends_nothing_and_still_knows_every_word(soap, system):
    assert (await soap.fetch(fibre())).outcome is Outcome.WORKING
    with pytest.raises(UnknownCode):
        await soap.fetch(fibre(specification="CFS-MOON"))
    assert set(system.calls) == {"FindServices"}


async def test_what_was_added_is_ended_by_a_cancellation_and_a_change_is_not_undone(soap, system):
    await done(soap, fibre())
    changed = fibre(order="O-2", action="modify", product="PR-O-1-1", characteristics=rates(100000, 20000))
    await done(soap, changed)
    with pytest.raises(Refused):
        await soap.cancel(changed)
    assert said(await soap.cancel(changed.model_copy(update={"leave_done": True})), "service.activated")
    for _ in range(2):
        assert said(await soap.cancel(fibre()), "service.ceased")
    assert system.calls.count("SetStatus") == 1


async def test_what_nobody_knows_there_is_not_changed(soap):
    (refusal,) = (await soap.submit(fibre(action="modify", product="PR-NOBODY"))).refusals
    assert refusal.legacy_code == "Client.NoService"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"SetStatus", b"PutStatus", "no operation 'SetStatus'"),
        (b'name="productRef" type', b'name="product" type', "FindServices takes no part 'productRef'"),
        (b'name="changedAt"', b'name="changed"', "FindServices gives no part 'service.changedAt'"),
    ],
)
async def test_a_wsdl_that_changed_is_named_before_anything_is_sent(soap, system, old, new, words):
    system.wsdl = system.wsdl.replace(old, new)
    with pytest.raises(NeedsOperator, match=words):
        await soap.submit(fibre())
    with pytest.raises(NeedsOperator, match="has changed"):
        await soap.check()
    assert not system.services


async def test_a_wsdl_that_grew_still_fits(soap, system):
    more = b'<xsd:element name="changedAt" type="xsd:string"/>'
    system.wsdl = system.wsdl.replace(more, more + b'<xsd:element name="note" type="xsd:string" minOccurs="0"/>')
    assert "what the mapping needs" in await soap.check()


async def test_no_wsdl_at_all_is_named(soap, system, make_adapter):
    system.wsdl = b"<html>moved</html>"
    with pytest.raises(Unreadable, match="something else than a WSDL"):
        await soap.check()
    assert "not looked at" in await make_adapter(checks_wsdl=False).check()


async def test_it_logs_in_and_is_not_let_in_without(make_adapter, system):
    system.login = "Basic " + b64encode(b"gateway:s3cret").decode()
    assert said(await done(make_adapter(user="gateway", password="s3cret"), fibre()), "service.activated")
    with pytest.raises(NeedsOperator, match="credentials"):
        await make_adapter().submit(fibre())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "operation: CreateService",
            "operation: MakeService",
            r"mapping.yaml:\d+: add.operation: .*no operation 'MakeService'",
        ),
        ("    site: place", "    place: place", "CreateService takes no part 'place'"),
        ("customerRef: customer", "customerRef: buyer", "'buyer' is nothing of ours"),
        ("  state: status", "  state: state", "gives no part 'service.state'"),
        ("rateUnit: {unit: Mbit/s}", "rateUnit: {rate: speed, unit: Mbit/s}", "a part is"),
        ("wsdl: provisioning.wsdl", "wsdl: nowhere.wsdl", "nowhere.wsdl: cannot be read"),
        ("Busy: try-later", "Busy: try-again", "Busy"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_at_the_start(make_adapter, mapping, old, new, words):
    with pytest.raises(SetupError, match=words):
        make_adapter(mapping=mapping(old, new))

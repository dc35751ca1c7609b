"""The activation adapter against the simulated system."""

import orjson
import pytest

from gateway.canonical.common import Characteristic, Ref
from gateway.canonical.fact import Assurance
from gateway.canonical.service_order import Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Outcome, Role
from gateway.ports.errors import OutcomeUnknown, UnknownCode, Unreadable

FIBRE = ("downstreamRate", {"amount": 500000, "units": "kbit/s"})


async def done(adapter, message):
    report = await adapter.submit(message)
    while report.outcome is Outcome.WORKING:
        report = await adapter.fetch(message)
    return report


def said(report, predicate, system="simulated-activation"):
    return [fact for fact in report.facts if fact.predicate == predicate and fact.source.system == system]


async def test_what_was_ordered_is_delivered_and_seen_by_two(activation, make):
    items = [make.sold("1", "FIBRE-500", FIBRE)]
    reserved = await activation.submit(make.message("reserve", items))
    assert reserved.facts[0].predicate == "resource.reserved"
    facts = (*reserved.facts, make.fact("device.bound", "item:1", serial="ALCL77"))
    report = await done(activation, make.message("activate", items, "CFS-FTTH", facts=facts))
    (provisioned,), (probed,) = said(report, "service.activated"), said(report, "service.activated", "simulated-probe")
    assert (
        provisioned.value["downstreamRate"] == probed.value["downstreamRate"] == {"amount": 500000, "units": "kbit/s"}
    )
    assert provisioned.value["serial"] == "ALCL77"
    assert provisioned.value["port"] == reserved.facts[0].value["port"]
    assert provisioned.assurance is Assurance.ASSERTED
    assert probed.assurance is Assurance.VERIFIED
    assert probed.evidence[0].kind == "probe"
    assert said(report, "resource.assigned")


async def test_the_number_that_was_ordered_is_the_number_that_runs(activation, make):
    items = [make.sold("1", "14305", ("TEL_MSISDN", "+14152797439"))]
    reserved = await activation.submit(make.message("reserve", items))
    assert reserved.facts[0].value["number"] == "+14152797439"
    report = await done(activation, make.message("activate", items, "14307", facts=reserved.facts))
    assert said(report, "service.activated")[0].value["TEL_MSISDN"] == "+14152797439"


async def test_a_number_is_assigned_where_the_order_has_none(activation, make):
    reserved = await activation.submit(make.message("reserve", [make.sold("1", "VOICE")]))
    assert reserved.facts[0].value["number"].startswith("+4930")


async def test_the_same_message_twice_makes_one_service(activation, make, journal):
    message = make.message("activate", [make.sold("1", "FIBRE-500", FIBRE)], "CFS-FTTH")
    await done(activation, message)
    await done(activation, message)
    found = await journal(Role.ACTIVATION)
    assert [entry["operation"] for entry in found["entries"]] == ["insert"]
    assert found["duplicates"] == 0


async def test_a_lost_answer_makes_no_second_service(activation, make, misbehave, journal):
    await misbehave(Role.ACTIVATION, "lost-answer")
    message = make.message("activate", [make.sold("1", "FIBRE-500", FIBRE)], "CFS-FTTH")
    with pytest.raises(OutcomeUnknown):
        await activation.submit(message)
    assert (await done(activation, message)).facts
    assert (await journal(Role.ACTIVATION))["duplicates"] == 0


async def test_a_changed_speed_is_the_new_speed(activation, make):
    items = [make.sold("1", "FIBRE-500", FIBRE, action="modify", product="PR-1001")]
    report = await done(activation, make.message("activate", items, "CFS-FTTH"))
    assert said(report, "service.activated", "simulated-probe")[0].value["downstreamRate"]["amount"] == 500000


async def test_suspended_and_ceased_services_say_so(activation, make):
    suspended = [make.sold("1", "FIBRE-100", action="modify", product="PR-1002")]
    report = await done(activation, make.message("activate", suspended, "CFS-FTTH", state="inactive"))
    assert said(report, "service.suspended")
    assert said(report, "service.suspended", "simulated-probe")
    ceased = [make.sold("1", "FIBRE-100", action="delete", product="PR-1003")]
    report = await done(activation, make.message("activate", ceased, "CFS-FTTH", state="terminated"))
    assert said(report, "service.ceased")
    assert said(report, "resource.released")


@pytest.mark.parametrize(("fault", "expected"), [("slow-profile", 250000), ("thousandth-rate", 500)])
async def test_what_is_delivered_is_reported_not_what_was_ordered(activation, make, misbehave, fault, expected):
    await misbehave(Role.ACTIVATION, fault)
    report = await done(activation, make.message("activate", [make.sold("1", "FIBRE-500", FIBRE)], "CFS-FTTH"))
    assert said(report, "service.activated")[0].value["downstreamRate"]["amount"] == expected


async def test_without_a_session_only_one_system_says_that_it_runs(activation, make, misbehave):
    await misbehave(Role.ACTIVATION, "no-probe")
    report = await done(activation, make.message("activate", [make.sold("1", "FIBRE-500", FIBRE)], "CFS-FTTH"))
    assert said(report, "service.activated")
    assert not said(report, "service.activated", "simulated-probe")


async def test_a_refused_item_is_refused_and_the_other_goes_on(activation, make, misbehave):
    await misbehave(Role.ACTIVATION, "refuse-item:2")
    items = [make.sold("1", "FIBRE-500", FIBRE), make.sold("2", "STATIC-IP")]
    message = make.message("activate", items, "CFS-FTTH", "CFS-STATIC-IP")
    for _ in range(2):
        report = await done(activation, message)
        assert [one.subject for one in report.refusals] == ["item:2"]
        assert said(report, "service.activated")


async def test_garbage_is_quoted_without_its_password(activation, make, misbehave):
    await misbehave(Role.ACTIVATION, "nonsense")
    with pytest.raises(Unreadable) as caught:
        await activation.submit(make.message("activate", [make.sold("1", "FIBRE-500", FIBRE)], "CFS-FTTH"))
    assert "SEGV" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_an_unknown_state_names_the_table_that_lacks_it(activation, make, misbehave):
    await misbehave(Role.ACTIVATION, "unknown-code")
    with pytest.raises(UnknownCode) as caught:
        await done(activation, make.message("activate", [make.sold("1", "FIBRE-500", FIBRE)], "CFS-FTTH"))
    assert caught.value.legacy_code == "Z9"
    assert caught.value.vocabulary == "activation-service-state@1"


async def test_an_unknown_specification_is_not_guessed(activation, make):
    with pytest.raises(UnknownCode):
        await activation.submit(make.message("activate", [make.sold("1", "FIBRE-500", FIBRE)], "CFS-NOVEL"))


async def test_reservations_are_released_and_services_ceased_on_cancel(activation, make, journal):
    items = [make.sold("1", "FIBRE-500", FIBRE)]
    await activation.submit(make.message("reserve", items))
    await done(activation, make.message("activate", items, "CFS-FTTH"))
    for _ in range(2):  # the second time there is nothing left to do
        ceased = await activation.cancel(make.message("activate", items, "CFS-FTTH"))
        assert "service.ceased" in {fact.predicate for fact in ceased.facts}
    freed = await activation.cancel(make.message("reserve", items))
    assert [(fact.predicate, "port" in fact.value) for fact in freed.facts] == [("resource.released", True)]
    assert (await activation.cancel(make.message("reserve", items))).facts == ()
    operations = [entry["operation"] for entry in (await journal(Role.ACTIVATION))["entries"]]
    assert operations.count("switch TRM") == 1
    assert len([one for one in operations if one.startswith("release")]) == 1


def outside(item):
    order = ServiceOrder(id="SO-OUT", items=(item,))
    return Message(
        id="m", role=Role.ACTIVATION, operation=Operation.ACTIVATE, service_orders=(order,), items=(item.id,)
    )


async def test_an_outside_order_with_an_object_for_a_value(activation):
    value = {"vCPE_IP": "193.218.236.21", "MaxTxRate": 300}
    service = Service(specification=Ref(id="1212"), characteristics=(Characteristic(name="vCPE", value=value),))
    report = await done(activation, outside(ServiceOrderItem(id="1", action=ItemAction.ADD, service=service)))
    assert orjson.dumps(said(report, "service.activated")[0].value["vCPE"]) == orjson.dumps(value)


async def test_an_outside_change_by_path(activation):
    path = ({"op": "add", "path": "/serviceCharacteristic", "value": {"name": "InputPort", "value": "456/7"}},)
    item = ServiceOrderItem(id="1", action=ItemAction.MODIFY, service=Service(id="456"), modify_path=path)
    report = await done(activation, outside(item))
    assert said(report, "service.activated", "simulated-probe")[0].value["InputPort"] == "456/7"

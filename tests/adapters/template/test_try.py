"""`tmf-gateway adapter try`: one order through one adapter, each step shown, and an end that scripts can trust."""

import json

import pytest

from gateway.app.adapter_list import list_adapters
from gateway.app.adapter_try import try_adapter
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError

pytestmark = pytest.mark.server


def told(acme, *more):
    return [f"url={acme.settings['url']}", "poll_seconds=0.02", *more]


async def tried(acme, role, *, order=None, as_json=True, seconds=20.0, name="acme"):
    return await try_adapter(name, None, role, order, told(acme), seconds=seconds, as_json=as_json)


async def test_an_order_goes_through_an_adapter_to_its_bill_with_each_step_as_data(at_work, capsys):
    assert await tried(at_work, Role.BILLING) == 0
    charge, bill = json.loads(capsys.readouterr().out)
    assert [one["call"] for one in charge["exchanges"]] == ["GET /charge", "POST /charge"]
    assert charge["exchanges"][1]["request"]["body"]["json"]["net"] == "2500"
    assert charge["exchanges"][1]["answer"]["body"]["json"]["gross"] == "3000"
    assert charge["gate"]["verdict"] == "advance"
    assert {one["predicate"] for one in bill["report"]["facts"]} == {"bill.balanced", "bill.sent", "ledger.posted"}
    assert (bill["gate"]["gate"], bill["gate"]["verdict"]) == ("billing-to-close", "advance")
    assert "unmapped" not in {one["fate"] for step in (charge, bill) for one in step["losses"]}


async def test_a_person_sees_message_requests_answers_facts_and_gate(at_work, capsys):
    assert await tried(at_work, Role.FIELD_WORK, as_json=False) == 0
    out = capsys.readouterr().out
    for words in (
        "canonical message",
        "request 1: GET /appointment",
        "status: OPEN",
        "appointment.booked item:1",
        "gate order-to-build: advance",
        "field.completed item:1",
        "photo, lightLevel, serial",
        "all went well: book, build",
    ):
        assert words in out


async def test_what_goes_wrong_is_shown_and_ends_with_1(acme, capsys, tmp_path):
    acme.system.faults.append(("down", ""))
    assert await tried(acme, Role.CUSTOMER) == 1
    (step,) = json.loads(capsys.readouterr().out)
    assert (step["error"]["class"], step["isWell"]) == ("TryLater", False)
    acme.system.faults[:] = [("nonsense", "")]
    assert await tried(acme, Role.CUSTOMER, as_json=False) == 1
    out = capsys.readouterr().out
    assert "Unreadable" in out
    assert "hunter2" not in out


async def test_what_takes_too_long_ends_with_1(acme, capsys):
    assert await tried(acme, Role.ACTIVATION, seconds=0.2, as_json=False) == 1
    assert "still at work" in capsys.readouterr().out


async def test_the_adapter_of_a_landscape_s_role_is_tried_with_its_own_settings(capsys):
    assert await try_adapter(None, "simulated", Role.ACTIVATION, None, [], seconds=20, as_json=True) == 0
    reserve, activate = json.loads(capsys.readouterr().out)
    assert reserve["gate"]["findings"] == []
    assert "device.bound item:1" in activate["message"]["context"]  # what comes before was done by the simulated ones


async def test_what_cannot_be_tried_says_why(acme, tmp_path):
    with pytest.raises(SetupError, match="plays several roles"):
        await tried(acme, None)
    with pytest.raises(SetupError, match="is not installed"):
        await tried(acme, Role.BILLING, name="nobody")
    with pytest.raises(SetupError, match=r"setting url of acme: Field required"):
        await try_adapter("acme", None, Role.CUSTOMER, None, [], seconds=1, as_json=True)
    order = tmp_path / "order.json"
    order.write_text('{"productOrderItem":\n [}')
    with pytest.raises(SetupError, match=r"order.json:2: it is no JSON"):
        await tried(acme, Role.CUSTOMER, order=order)


def test_an_installed_adapter_is_listed_with_what_is_left_to_do(acme, capsys):
    list_adapters(as_json=True)
    rows = {(row["adapter"], row["role"]): row for row in json.loads(capsys.readouterr().out)}
    assert rows["acme", "activation"]["declares"]["cancel activate"] == "partial"
    assert any("faults.py" in one for one in rows["acme", "activation"]["todo"])

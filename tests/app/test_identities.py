"""An order's journey leaves every legacy object in the map, and no legacy id among ours."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app.demo import bodies
from gateway.app.settings import Settings

pytestmark = pytest.mark.server

PROGRAM = Path(sys.executable).with_name("tmf-gateway")


async def test_every_legacy_object_of_a_journey_is_in_the_map(gateway):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    timeline = await gateway.end(await gateway.send(bodies.product_order("mapped", 1011, [item])))
    order_id = timeline["id"]
    answer = await gateway.http.get("/lifecycle/v1/identities", params={"order": order_id, "limit": "100"})
    found = answer.json()
    kinds = {one["kind"] for one in found}
    assert kinds == {"order", "appointment", "ticket", "service", "charge", "bill", "device", "port"}
    assert {one["scheme"] for one in found} >= {"case", "ticket", "contract", "activation", "serial", "bill"}
    for one in found:
        assert one["id"] != one["legacyId"]
        assert one["scheme"]
        assert one["issuer"]
        assert one["saidBy"]["adapter"]
    ours = {one["kind"]: one["id"] for one in found}
    assert [ours["charge"]] == timeline["rates"]
    assert [ours["bill"]] == timeline["bills"]
    order = await gateway.client.read("tmf622-v4", order_id)
    assert ours["device"] == ours["port"] == order["productOrderItem"][0]["product"]["id"]
    services = await gateway.client.read("tmf641-v4", timeline["serviceOrders"][0])
    assert ours["service"] == services["serviceOrderItem"][0]["service"]["id"]
    by_kind = {one["kind"]: one for one in found if one["scheme"] != "case"}
    assert "validTo" in by_kind["ticket"]  # the visit is over, and the number may be given out again
    assert "validTo" not in by_kind["service"]
    rates, bills = await gateway.client.billing(timeline)
    legacy = {one["legacyId"] for one in found if one["kind"] in {"charge", "bill", "service", "ticket", "appointment"}}
    shown = {one["id"] for one in (*rates, *bills, order, services)}
    assert not shown & legacy
    device = by_kind["device"]
    for params in (
        {"legacyId": device["legacyId"]},
        {"scheme": "serial", "system": device["system"], "order": order_id},
        {"kind": "device", "at": device["validFrom"]},
    ):
        some = (await gateway.http.get("/lifecycle/v1/identities", params=params)).json()
        assert device in some, params
    assert (await gateway.http.get("/lifecycle/v1/identities?at=2001-01-01T00:00:00Z")).json() == []


async def test_a_wrong_question_is_refused(gateway):
    for query in ("kind=thing", "at=yesterday", "at=2026-03-01T09:00:00", "limit=-1", "color=red"):
        answer = await gateway.http.get(f"/lifecycle/v1/identities?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "badParameter"), query


async def test_a_wrong_run_is_refused(gateway):
    for path, body, status in (
        ("agreement/runs", {"orders": ["nobody"]}, 400),
        ("agreement/runs", {"mostProducts": 0}, 400),
        ("agreement/runs", {"orders": "all"}, 400),
        ("agreement/runs", {"speed": 9}, 400),
        ("agreement/runs", [], 400),
        ("agreement/runs/nobody", None, 404),
        ("drift?state=ajar", None, 400),
        ("agreement?day=2026-02-30", None, 400),
        ("agreement?day=2026-02-28&order=nobody", None, 400),
    ):
        send = gateway.http.get if body is None else gateway.http.post
        answer = await send(f"/lifecycle/v1/{path}", **({} if body is None else {"json": body}))
        assert answer.status_code == status, (path, body, answer.text)


async def test_runs_begin_by_themselves(tmp_path):
    from gateway.app.demo.client import GatewayClient  # noqa: PLC0415
    from gateway.app.serve import running  # noqa: PLC0415

    settings = Settings(
        port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", pace=0.02, agreement_every_seconds=0.2
    )
    async with running(settings) as (_, address), GatewayClient(address) as client:
        for _ in range(300):
            found = (await client.lifecycle("agreement")).json()["readBack"]
            if found["state"] == "read back":
                break
            await asyncio.sleep(0.05)
        run = (await client.lifecycle(f"agreement/runs/{found['run']}")).json()
    assert (run["cause"], run["state"]) == ("schedule", "done")


async def test_the_command_line_finds_identities_and_checks_agreement(gateway):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    timeline = await gateway.end(await gateway.send(bodies.product_order("told", 1011, [item])))

    async def run(*arguments):
        command = [str(PROGRAM), *arguments, "--url", gateway.client.address]
        return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)

    found = await run("identities", "find", "--order", timeline["id"], "--kind", "bill")
    assert found.returncode == 0, found.stderr
    assert timeline["bills"][0] in found.stdout
    assert (await run("identities", "find", "no-such-id")).returncode == 1
    checked = await run("agreement", "check", timeline["id"])
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1 of 1 orders agree" in checked.stdout

"""Rule sets in operation: staged, looked at, put into force, followed; over HTTP, by file and by command."""

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from gateway.app import rule_files
from gateway.app.demo import bodies
from gateway.app.plugins import find_plugins
from gateway.app.serve import running
from gateway.app.settings import Settings

pytestmark = pytest.mark.server

HERE = Path(__file__).parent
RULES = (HERE / "rules.yaml").read_text(encoding="utf-8")
COMMAND = Path(sys.executable).with_name("tmf-gateway")
SHIPPED = find_plugins()["simulated-crm"].landscapes["simulated"].parent
BASE = "/lifecycle/v1"


def fibre(name, quantity=None):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011, [item if quantity is None else {**item, "quantity": quantity}])


@asynccontextmanager
async def serving(tmp_path, **more):
    settings = Settings(port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", pace=0.02, **more)
    async with running(settings) as (runtime, address), httpx.AsyncClient(base_url=address, trust_env=False) as http:
        yield runtime, http


@pytest.fixture
def quick(monkeypatch):
    """Let files and database be looked at often."""
    monkeypatch.setattr(rule_files, "SECONDS", 0.1)


async def stage(http, document, status=201):
    answer = await http.post(f"{BASE}/rule-sets", json={"document": document, "who": "j.doe"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def activate(http, number, status=200, **more):
    answer = await http.post(f"{BASE}/rule-sets/{number}/activate", json={"who": "j.doe", **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def until(http, path, good, seconds=10.0):
    give_up = time.monotonic() + seconds
    while True:
        answer = await http.get(f"{BASE}{path}")
        if good(answer):
            return answer
        assert time.monotonic() < give_up, answer.text
        await asyncio.sleep(0.05)


async def test_a_rule_set_holds_an_order_and_another_one_lets_it_go(gateway):
    http = gateway.http
    before = await gateway.send(fibre("before"))
    staged = await stage(http, RULES)
    assert (staged["number"], staged["status"], staged["name"]) == (1, "staged", "operator")
    assert [(row["effect"], row["about"]) for row in staged["check"]["diff"]] == [
        ("added", "SITE-101"),
        ("added", "SITE-102"),
    ]
    assert all("ruleSet" not in one for one in (await gateway.end(before))["decisions"])

    assert (await activate(http, 1))["status"] == "active"
    order = await gateway.send(fibre("held", quantity=1))
    timeline = await gateway.end(order)
    (hold,) = [one for one in timeline["holds"] if "releasedAt" not in one]
    assert hold["missing"] == ["permit.granted item:1"]
    assert hold["gate"] == "order-to-build"
    assert {one["ruleSet"] for one in timeline["decisions"]} == {"operator@1#1"}
    assert (await http.get(f"{BASE}/rules/SITE-101")).json()["title"] == "No fibre without leave"

    looser = RULES.replace("version: 1", "version: 2").replace("lifecycle: enforced", "lifecycle: warn")
    second = await stage(http, looser)
    assert [(row["effect"], row["kind"], row["about"]) for row in second["check"]["diff"]] == [
        ("loosened", "mode", "SITE-101")
    ]
    effects = second["check"]["orders"]
    assert (effects["openOrders"], effects["checked"], effects["newlyHeld"], effects["released"]) == (1, 1, 0, 1)
    assert effects["releasedOrders"] == [order]
    await activate(http, 2)
    await until(http, f"/orders/{order}", lambda a: a.json()["lifecycle"]["checkpoint"] == "closed", 20)
    timeline = await gateway.client.timeline(order)
    assert any(one.get("releaseCause") == "the rules changed" for one in timeline["holds"])
    assert {one["ruleSet"] for one in timeline["decisions"]} == {"operator@1#1", "operator@2#2"}
    listed = (await http.get(f"{BASE}/rule-sets")).json()
    assert [(one["number"], one["status"]) for one in listed] == [(2, "active"), (1, "retired")]


async def test_a_fact_releases_what_a_site_rule_holds(gateway):
    await stage(gateway.http, RULES)
    await activate(gateway.http, 1)
    order = await gateway.send(fibre("permit"))
    await gateway.end(order)
    fact = {
        "order": order,
        "predicate": "permit.granted",
        "subject": "item:1",
        "value": {"by": "the town"},
        "observedAt": "2026-03-01T09:00:00Z",
        "source": {"system": "town"},
    }
    assert (await gateway.http.post(f"{BASE}/facts", json=fact)).status_code == 201
    await until(gateway.http, f"/orders/{order}", lambda a: a.json()["lifecycle"]["checkpoint"] == "closed", 20)


async def test_what_would_newly_hold_orders_needs_force_and_a_reason(tmp_path):
    async with serving(tmp_path, workers=0) as (_, http):
        sent = await http.post("/tmf-api/productOrderingManagement/v4/productOrder", json=fibre("three", quantity=3))
        assert sent.status_code == 201, sent.text
        order = sent.json()["id"]
        trial = await stage(http, RULES)
        assert trial["check"]["orders"]["newlyHeld"] == 0
        (projected,) = trial["check"]["projection"]
        assert (projected["rule"], projected["orders"], projected["wouldHold"]) == ("SITE-102", 1, 1)
        await activate(http, trial["number"])

        strict = await stage(http, RULES.replace("lifecycle: dryrun", "lifecycle: enforced"))
        effects = strict["check"]["orders"]
        assert effects["newlyHeld"] == 1
        assert effects["heldOrders"] == [{"order": order, "for": ["SITE-102 product_order.items[0].quantity"]}]
        refused = await activate(http, strict["number"], 409)
        assert refused["code"] == "wouldHold"
        assert (await activate(http, strict["number"], 400, force=True))["code"] == "badRuleSet"
        assert (await http.get(f"{BASE}/rule-sets/{strict['number']}")).json()["status"] == "staged"
        forced = await activate(http, strict["number"], force=True, reason="the law changed")
        assert (forced["status"], forced["reason"]) == ("active", "the law changed")
        assert (await activate(http, strict["number"]))["status"] == "active"


async def test_a_trial_is_shown_and_holds_nothing(gateway):
    loose = RULES.replace("lifecycle: enforced", "lifecycle: retired")
    await stage(gateway.http, loose)
    await activate(gateway.http, 1)
    order = await gateway.send(fibre("tried", quantity=2))
    timeline = await gateway.end(order)
    tried = [one["code"] for decision in timeline["decisions"] for one in decision.get("dryRun", ())]
    assert tried
    assert set(tried) == {"SITE-102"}
    assert all("SITE-102" not in json.dumps(one) for one in timeline["holds"])


async def test_what_cannot_be_read_is_refused_with_its_line(gateway):
    http = gateway.http
    wrong = await stage(http, RULES.replace("item.quantity == 1", "item.quantty == 1"), 400)
    assert wrong["code"] == "badRuleSet"
    assert "document:28: column 44: rule SITE-102: expression: item has no member 'quantty'" in wrong["reason"]
    for document in (
        "",
        "name: [",
        "- 1",
        "name: a\nversion: 1\n---\nname: b\nversion: 1\n",
        "name: a\nversion: 1e9\n",
    ):
        assert (await stage(http, document, 400))["code"] in {"badRuleSet", "schema"}
    for body in ({}, {"document": RULES}, {"document": 1, "who": "x"}, {"document": RULES, "who": ""}, []):
        assert (await http.post(f"{BASE}/rule-sets", json=body)).status_code == 400
    for number in ("0", "99", "x", "-1", "9" * 30):
        assert (await http.get(f"{BASE}/rule-sets/{number}")).status_code == 404
        assert (await http.post(f"{BASE}/rule-sets/{number}/activate", json={"who": "j.doe"})).status_code == 404
    assert (await http.get(f"{BASE}/rule-sets?colour=red")).status_code == 400
    assert (await http.get(f"{BASE}/rule-sets")).json() == []


@pytest.mark.usefixtures("quick")
async def test_another_process_on_the_database_takes_it_within_seconds(tmp_path):
    async with serving(tmp_path, workers=0) as (_, one), serving(tmp_path, workers=0) as (_, other):
        assert (await other.get(f"{BASE}/rules/SITE-101")).status_code == 404
        await stage(one, RULES)
        await activate(one, 1)
        assert (await one.get(f"{BASE}/rules/SITE-101")).status_code == 200
        await until(other, "/rules/SITE-101", lambda answer: answer.status_code == 200, 5)
    async with serving(tmp_path, workers=0) as (_, later):
        assert (await later.get(f"{BASE}/rules/SITE-101")).status_code == 200


@pytest.fixture
def landscape(tmp_path):
    (tmp_path / "catalogue.yaml").write_text((SHIPPED / "catalogue.yaml").read_text())
    text = (
        (SHIPPED / "landscape.yaml")
        .read_text()
        .replace("catalogue: catalogue.yaml", "catalogue: catalogue.yaml\nrules: rules")
    )
    (tmp_path / "landscape.yaml").write_text(text)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    return tmp_path / "landscape.yaml"


@pytest.mark.usefixtures("quick")
async def test_the_landscapes_rules_are_followed_without_restart(tmp_path, landscape):
    file = landscape.parent / "rules" / "rules.yaml"
    async with serving(tmp_path, workers=0, landscape=str(landscape)) as (_, http):
        (first,) = (await http.get(f"{BASE}/rule-sets")).json()
        assert (first["origin"], first["status"]) == ("file", "active")
        file.write_text(RULES.replace("SITE-102", "SITE-103"))
        await until(http, "/rules/SITE-103", lambda answer: answer.status_code == 200)
        assert (await http.get(f"{BASE}/rules/SITE-102")).status_code == 404
        file.write_text("name: [")
        await asyncio.sleep(0.4)
        assert (await http.get(f"{BASE}/rules/SITE-103")).status_code == 200
        file.write_text(RULES.replace("SITE-102", "SITE-104"))
        await until(http, "/rules/SITE-104", lambda answer: answer.status_code == 200)


@pytest.mark.usefixtures("quick")
async def test_a_file_that_would_hold_orders_waits_for_somebody(tmp_path, landscape):
    file = landscape.parent / "rules" / "rules.yaml"
    async with serving(tmp_path, workers=0, landscape=str(landscape)) as (_, http):
        sent = await http.post("/tmf-api/productOrderingManagement/v4/productOrder", json=fibre("three", quantity=3))
        assert sent.status_code == 201
        file.write_text(RULES.replace("lifecycle: dryrun", "lifecycle: enforced"))
        found = await until(http, "/rule-sets", lambda answer: len(answer.json()) == 2)
        assert [one["status"] for one in found.json()] == ["staged", "active"]


def run(*arguments, timeout=60):
    environment = {**os.environ, "USER": "j.doe", "COLUMNS": "200"}
    return subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, check=False, env=environment
    )


def test_a_landscape_whose_rules_are_wrong_does_not_start(landscape, tmp_path):
    file = landscape.parent / "rules" / "rules.yaml"
    file.write_text(RULES.replace("item.quantity == 1", "item.quantty == 1"))
    done = run("serve", "--landscape", landscape, "--port", "0", "--database", f"sqlite:///{tmp_path / 'x.sqlite'}")
    assert done.returncode == 2
    assert "rules.yaml:28: column 44" in done.stderr.replace("\n", "")


async def test_the_commands_stage_and_activate_at_a_running_gateway(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    async with serving(tmp_path, workers=0) as (_, http):
        url = str(http.base_url)
        staged = await asyncio.to_thread(run, "rules", "stage", tmp_path / "rules.yaml", "--url", url, "--json")
        assert json.loads(staged.stdout)["status"] == "staged", staged.stderr
        active = await asyncio.to_thread(run, "rules", "activate", "1", "--url", url)
        assert active.returncode == 0, active.stderr
        assert "rule set 1, operator version 1: active" in active.stdout
        lost = await asyncio.to_thread(run, "rules", "activate", "7", "--url", url)
        assert lost.returncode == 1
        assert (await http.get(f"{BASE}/rules/SITE-101")).status_code == 200


def a_trace(quantity):
    item = {"id": "1", "action": "add", "quantity": quantity, "productOffering": {"id": "OFF-1"}}
    return {"now": "2026-03-01T09:00:00Z", "productOrder": {"id": "PO-1", "productOrderItem": [item]}}


def test_the_commands_on_files(tmp_path):
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(RULES)
    new.write_text(RULES.replace("lifecycle: dryrun", "lifecycle: enforced"))
    rows = json.loads(run("rules", "diff", old, new, "--json").stdout)
    assert rows == [{"effect": "tightened", "kind": "mode", "about": "SITE-102", "was": "dry-run", "now": "enforce"}]
    assert run("rules", "check-site", old).returncode == 0
    new.write_text(RULES.replace("item.quantity == 1", "item.quantty == 1").replace("'item '", "'item ' + item.di"))
    done = run("rules", "check-site", new)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if "new.yaml:28: column 44" in line]
    traces = tmp_path / "traces.jsonl"
    traces.write_text("\n".join(json.dumps(a_trace(quantity)) for quantity in (1, 3)))
    (projected,) = json.loads(run("rules", "project", old, traces, "--json").stdout)
    assert (projected["rule"], projected["orders"], projected["wouldHold"], projected["rate"]) == (
        "SITE-102",
        2,
        1,
        0.5,
    )
    assert run("rules", "project", old, traces, "--rule", "SITE-999").returncode == 2
    listed = json.loads(run("rules", "list", "--json", "--rules", old).stdout)
    assert [one["version"] for one in listed if one["code"] == "SITE-101"] == [1]
    group = HERE.parent / "rules" / "suggest" / "contradiction.json"
    written = run("rules", "suggest", group, "--code", "SITE-050")
    assert written.returncode == 0, written.stderr
    (tmp_path / "site.yaml").write_text(written.stdout)
    assert run("rules", "check-site", tmp_path / "site.yaml").returncode == 0
    (tmp_path / "bad.json").write_text("{}")
    assert run("rules", "suggest", tmp_path / "bad.json").returncode == 2

"""The command line: the demonstration as data, bad set-ups that do not start, statuses that scripts can trust."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app.plugins import find_plugins

pytestmark = pytest.mark.server

COMMAND = Path(sys.executable).with_name("tmf-gateway")
SHIPPED = find_plugins()["simulated-crm"].landscapes["simulated"].parent


def run(*arguments, timeout=60):
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, check=False)


def test_the_demonstration_sees_every_disagreement_and_stops_no_healthy_order():
    done = run("demo", "--json", "--pace", "0.1")
    day = json.loads(done.stdout)
    assert day["simulated"] is True
    assert [one for one in day["disagreements"] if one["seenBySchema"] or not one["seenByGateway"]] == []
    assert len(day["disagreements"]) == 12
    assert [one["name"] for one in day["orders"] if not one["asItShouldBe"]] == []
    assert day["firstContact"]["refused"]["status"] == 422
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture
def landscape(tmp_path):
    for name in ("landscape.yaml", "catalogue.yaml"):
        (tmp_path / name).write_text((SHIPPED / name).read_text())
    return tmp_path / "landscape.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("landscape.yaml", "  billing:", "  biling:", "role 'biling' is not known"),
        (
            "landscape.yaml",
            "adapter: simulated-crm",
            "adapter: simulated-erp",
            "adapter 'simulated-erp' is not installed",
        ),
        ("catalogue.yaml", "unit: Mbit/s", "unit: mbps", "unit 'mbps' is not known"),
        ("landscape.yaml", "catalogue: catalogue.yaml", "catalogue: nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_a_bad_landscape_does_not_start_and_names_file_and_line(landscape, file, old, new, says):
    wrong = landscape.parent / file
    text = wrong.read_text()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    wrong.write_text(text.replace(old, new, 1))
    done = run("landscape", "check", landscape)
    assert done.returncode == 2
    assert says in done.stderr.replace("\n", " ")
    assert f"{wrong.name}:{line}:" in done.stderr.replace("\n", "")


def test_a_host_that_others_can_reach_does_not_start():
    done = run("serve", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "no authentication is configured" in done.stderr


@pytest.mark.parametrize(
    ("face", "classes"), [("tmf622-v4", {}), ("tmf622-v5", {"order": "ProductOrder", "item": "ProductOrderItem"})]
)
def test_a_refused_order_ends_the_command_with_one(tmp_path, face, classes):
    body = tmp_path / "order.json"
    item, order = ({"@type": classes[name]} if classes else {} for name in ("item", "order"))
    body.write_text(json.dumps({"productOrderItem": [{"id": "1", "action": "add", **item}], **order}))
    done = run("submit", body, "--face", face)
    assert done.returncode == 1
    assert "ORD-001" in done.stdout


def test_a_trace_is_judged_and_one_that_cannot_be_read_says_so(tmp_path):
    traces = tmp_path / "traces.jsonl"
    order = {"id": "O-1", "state": "acknowledged", "productOrderItem": [{"id": "1", "action": "add"}]}
    good = {"version": "v4", "now": "2026-03-01T00:00:00Z", "zone": "Europe/Berlin", "productOrder": order}
    traces.write_text(json.dumps(good) + "\n{nonsense\n")
    done = run("rules", "check", traces, "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["gates"][0]["verdict"] == "reject"
    assert {"ORD-001", "ORD-002"} <= {one["code"] for one in first["findings"]}
    assert "error" in second
    assert done.returncode == 0
    assert run("rules", "check", traces, "--json", "--fail-on", "hold").returncode == 1


def test_the_rules_are_listed_and_explained():
    listed = json.loads(run("rules", "list", "--json").stdout)
    assert len(listed) >= 60
    assert {"code", "gate", "severity", "parameters", "level"} <= set(listed[0])
    gates = [one["gate"] for one in listed]
    assert all(
        gates.count(gate) >= 3
        for gate in ("intake", "order-to-build", "build-to-activation", "activation-to-billing", "billing-to-close")
    )
    assert "Harmless look-alike" in run("rules", "explain", "BLD-003").stdout

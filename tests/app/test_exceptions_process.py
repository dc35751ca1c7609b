"""Mending from the command line, on a gateway that is killed in the middle of a replay and started again."""

import asyncio
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient

pytestmark = pytest.mark.server

ORDERS = 24
SIMULATED = Path(__file__).parents[2] / "adapters" / "simulated"


def order(number):
    customer = 1011 + number % 8
    item = bodies.added("1", "FIBRE-500", customer, place=1011 + number % 30, characteristics=[bodies.rate(500)])
    return bodies.product_order(f"replay-{number}", customer, [item])


@pytest.fixture
def landscape(tmp_path):
    """The simulated landscape with a slip in the activation system's table of units."""
    folder = tmp_path / "landscape"
    folder.mkdir()
    shutil.copy(SIMULATED / "catalogue.yaml", folder)
    # Without its examples: they would show the slip before anything came of it.
    codes = re.sub(r"(?m)^examples:\n(  .*\n)+", "", (SIMULATED / "activation" / "codes.yaml").read_text())
    wrong = codes.replace("K: {to: kbit/s, rel", "K: {to: Mbit/s, rel").replace("kbit/s: K, ", "")
    assert wrong != codes
    (folder / "codes.yaml").write_text(wrong)
    said = (SIMULATED / "landscape.yaml").read_text()
    said = said.replace(
        "simulated-activation\n    settings: {}", "simulated-activation\n    settings: {vocabulary: codes.yaml}"
    )
    (folder / "landscape.yaml").write_text(said)
    unit = next(part for part in codes.split("---\n") if "vocab: activation-rate-unit" in part)
    (folder / "mended.yaml").write_text(unit.replace("version: 1", "version: 2"))
    return folder


def run(process, *arguments, status=0):
    command = [Path(sys.executable).with_name("tmf-gateway"), "exceptions", *arguments, "--url", process.address]
    done = subprocess.run(
        [*map(str, command)], check=False, capture_output=True, text=True, env={"COLUMNS": "220", "USER": "anna"}
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


async def held(client, count, seconds=60.0):
    limit = time.monotonic() + seconds
    while True:
        found = (await client._http.get("/lifecycle/v1/exceptions")).json()
        if found and found[0]["openOrders"] == count:
            return found
        assert time.monotonic() < limit, found
        await asyncio.sleep(0.2)


async def test_a_replay_that_is_killed_goes_on_where_it_was(process, landscape):
    start = ("--landscape", str(landscape / "landscape.yaml"))
    process.start(*start)
    async with GatewayClient(process.address) as client:
        answers = await asyncio.gather(*(client.create("tmf622-v4", order(number)) for number in range(ORDERS)))
        assert {answer.status_code for answer in answers} == {201}
        (group,) = await held(client, ORDERS)
        name = group["fingerprint"][:10]
    assert "ratio≈1000" in run(process, "list", "--sort", "count")
    exported = json.loads(run(process, "export", name, "--members", "2"))
    assert (exported["rule"], exported["gate"], len(exported["members"])) == ("AGR-001", "build-to-activation", 2)
    assert all(member["facts"] and member["decisions"] for member in exported["members"])
    (landscape / "group.json").write_text(json.dumps(exported))
    assert "build-to-activation" in suggested(landscape / "group.json")
    assert "noFix" in run(process, "shadow", name, status=1)
    assert "staged fix" in run(
        process, "stage", name, "--vocabulary", str(landscape / "mended.yaml"), "--reason", "K is kbit/s"
    )
    assert f"{ORDERS} would be released" in run(process, "shadow", name, "--sample", "3")
    # Not by its command, which takes longer to end than the replay may.
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{process.address}/lifecycle/v1/exceptions/{name}/replay", json={"who": "anna"})
        process.kill()
    assert (answer.status_code, answer.json()["enlisted"]) == (202, ORDERS)
    assert on_their_way(process) > 0
    process.start(*start)
    async with GatewayClient(process.address) as client:
        for _ in range(300):
            listed = await client._http.get("/lifecycle/v1/orders?checkpoint=closed&limit=1")
            found = (await client._http.get(f"/lifecycle/v1/exceptions/{name}")).json()
            if listed.headers["X-Total-Count"] == str(ORDERS) and found["status"] == "verified":
                break
            await asyncio.sleep(0.2)
        assert (listed.headers["X-Total-Count"], found["status"]) == (str(ORDERS), "verified")
    shown = run(process, "show", name)
    assert re.search(rf"replay: 0 pending, 0 asked, {ORDERS} released, 0 held, 0 ended", shown), shown
    assert "is closed" in run(process, "close", name)
    assert "undecided" in run(process, "growth")
    process.stop()
    nothing_is_made_twice(process)


def suggested(file):
    command = [Path(sys.executable).with_name("tmf-gateway"), "rules", "suggest", file]
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, env={"COLUMNS": "220"})
    return done.stdout + done.stderr


def on_their_way(process):
    database = sqlite3.connect(process.database.removeprefix("sqlite:///"))
    rows = database.execute("select state, count(*) from exception_replay group by 1").fetchall()
    database.close()
    return sum(count for state, count in rows if state in {"pending", "asked"})


def nothing_is_made_twice(process):
    stores = Path(process.database.removeprefix("sqlite:///") + ".landscape")
    for system in ("field", "activation", "billing"):
        database = sqlite3.connect(stores / f"{system}.sqlite")
        rows = database.execute("select operation, reference, item, count(*) from journal group by 1, 2, 3").fetchall()
        database.close()
        assert len({row[1] for row in rows}) == ORDERS
        assert [row for row in rows if row[3] > 1] == []

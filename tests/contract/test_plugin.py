"""The plug-in as a vendor runs it: in a folder of its own, with reports, pinned versions and no undeclared skip."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from contract_tests.adapter import BillingContract
from contract_tests.checks import is_newer
from tests.contract.simulated import ADAPTERS

pytestmark = pytest.mark.server
HERE = Path(__file__).parents[2]

VENDOR = """
import asyncio, threading
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.simulated.launch import start_local
from contract_tests.adapter import FieldWorkContract
from gateway.ports.adapter import Role
from tests.contract.sabotage import FOUND
from tests.contract.simulated import target_of

BROKEN = next(one.adapter for one in FOUND if one.name == "evidence that is dropped")


@pytest.fixture(scope="session")
def systems(tmp_path_factory):
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    yield asyncio.run_coroutine_threadsafe(start_local(tmp_path_factory.mktemp("s"), 0.0), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)


class TestHonest(FieldWorkContract):
    @pytest.fixture
    def target(self, systems):
        return target_of(systems, Role.FIELD_WORK, conformance=Path(__file__).with_name("honest.yaml"))


class TestBroken(FieldWorkContract):
    @pytest.fixture
    def target(self, systems):
        return target_of(systems, Role.FIELD_WORK, BROKEN, conformance=Path(__file__).with_name("broken.yaml"))
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vendor")
    said = (ADAPTERS / "field" / "conformance.yaml").read_text(encoding="utf-8")
    clocks = '  TIM-2: {status: exempt, comment: "no clocks there"}\n'
    honest = said.replace("system: simulated-field", "system: honest") + clocks
    (folder / "honest.yaml").write_text(honest, encoding="utf-8")
    silent = said.replace("system: simulated-field", "system: broken").replace("  refused:", "  # refused:")
    over = (
        '  ERR-6: {status: todo, comment: "soon", until: 2020-01-31}\n  ONC-77: {status: exempt, comment: "misspelt"}\n'
    )
    (folder / "broken.yaml").write_text(silent + over, encoding="utf-8")
    (folder / "test_vendor.py").write_text(VENDOR, encoding="utf-8")
    (folder / "test_skipping.py").write_text(SKIPPING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--contract-report", "out"]
    command += ["--junitxml", "out/contract.xml", "--rootdir", str(folder), str(folder)]
    path = {"PYTHONPATH": str(HERE), "PATH": ""}
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=path)
    return folder / "out", answer


SKIPPING = """
import pytest
from contract_tests.checks import check


@check("DEC-1", 1, "a law")
def test_that_skips():
    pytest.skip("not today")


@check("DEC-1", 1, "a law of later", since="9.9")
def test_that_is_newer():
    raise AssertionError
"""


def test_the_verdict_is_on_the_last_lines(ran):
    _, answer = ran
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "honest (field-work): level 9 of 9 reached" in answer.stdout
    assert "broken (field-work): no level reached" in answer.stdout
    assert "1 deselected" in answer.stdout


def test_the_report_for_machines_names_law_and_row(ran):
    said = json.loads((ran[0] / "contract.json").read_text())
    honest, broken = (next(one for one in said["targets"] if one["target"].startswith(name)) for name in ("h", "b"))
    assert (honest["levelReached"], broken["levelReached"]) == (9, 0)
    assert {one["outcome"] for one in honest["checks"] if one["code"] == "TIM-2"} == {"exempt"}
    assert {one["code"] for one in broken["checks"] if one["outcome"] == "failed"} == {
        "DEC-1",
        "ERR-7",
        "AGR-1",
        "ORD-1",
        "ORD-2",
    }
    rows = {one["code"]: " ".join(one["rows"]) for one in broken["checks"] if one["outcome"] == "failed"}
    assert "the excuse for ERR-6 ended on 2020-01-31: soon" in rows["DEC-1"]
    assert "ONC-77 is no check, fault, fact or scenario" in rows["DEC-1"]
    assert "refused: {status: exempt" in rows["ERR-7"]
    assert "no evidence is named" in rows["AGR-1"]
    assert honest["figures"]["mutation"]["percent"] >= 98
    assert honest["notChecked"]


def test_the_page_says_it_all_and_needs_nothing_beside_it(ran):
    page = (ran[0] / "contract.html").read_text(encoding="utf-8")
    for words in ("of 9 levels", "no evidence is named", "What this does not check", "Waivers", "a closed ticket says"):
        assert words in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


def test_the_report_for_ci_has_every_check(ran):
    suite = ET.parse(ran[0] / "contract.xml").getroot().find("testsuite")
    assert int(suite.get("tests")) > 130
    assert int(suite.get("failures")) > 5


def test_a_skip_that_nothing_declares_is_a_failure(ran):
    assert "DEC-1 was skipped, and nothing declares it" in ran[1].stdout


def test_a_check_cannot_be_overridden():
    with pytest.raises(TypeError, match="cannot be overridden"):
        type("Mine", (BillingContract,), {"test_it_says_how_it_is": lambda _: None})


def test_versions_are_compared_by_their_numbers():
    assert is_newer("0.10", "0.9")
    assert not is_newer("0.1", "0.1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--contract-face", "tmf999-v1", "--contract-url", "http://127.0.0.1:1"], "use tmf622-v4, tmf641-v4"),
        (["--contract-version", "9.9"], "this kit has the checks of 0.2 and older ones"),
        (["--pyargs", "contract_tests"], "name a server and a face: --contract-url URL --contract-face tmf641-v4"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_to_do(arguments, words, tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), *arguments]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode in {2, 4}
    assert words in answer.stdout + answer.stderr

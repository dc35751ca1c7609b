"""`tmf-gateway vocabulary`: a report of tables, and a correction sent to a running gateway."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.app.test_workshop import CODES, field_status

COMMAND = str(Path(sys.executable).with_name("tmf-gateway"))


def run(*arguments):
    command = [COMMAND, "vocabulary", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_check_prints_coverage_and_score():
    found = run("check", CODES / "activation" / "codes.yaml", CODES / "crm" / "codes.yaml")
    assert found.returncode == 0, found.stderr
    assert "survives: activation-service-type@1: case" in found.stdout
    assert "mutation score: 99." in found.stdout


def test_a_check_prints_a_table_a_line_as_data():
    found = run("check", CODES / "field" / "codes.yaml", "--json")
    lines = [orjson.loads(line) for line in found.stdout.splitlines()]
    assert lines[0]["vocabulary"] == "field-status@1"
    assert lines[0]["coverage"] == {
        "total": 6, "mapped": 6, "equivalent": 3, "narrower": 3, "broader": 0, "related": 0, "unmatched": 0, "fields": 0,
    }  # fmt: skip
    assert all(line["score"] == 100 and line["survivors"] == [] for line in lines)


def test_a_poor_score_can_fail_a_build(tmp_path):
    poor = tmp_path / "poor.yaml"
    poor.write_text(field_status().partition("inverse:")[0], encoding="utf-8")
    assert run("check", poor).returncode == 0
    failed = run("check", poor, "--at-least", 98)
    assert failed.returncode == 1
    assert "the table has no examples" in failed.stdout


def test_a_bad_table_ends_with_2_and_its_line(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(field_status().replace("to: completed", "to: done"), encoding="utf-8")
    found = run("check", bad)
    assert found.returncode == 2
    assert f"{bad}:14: " in found.stderr.replace("\n", "")


@pytest.mark.server
def test_a_correction_is_sent_to_a_running_gateway(process, tmp_path):
    process.start()
    table = tmp_path / "field.yaml"
    table.write_text(field_status(), encoding="utf-8")
    sent = ("--url", process.address, "--who", "anna", "--reason", "a new depot")
    assert "field-status@2 is staged" in run("stage", table, *sent).stdout
    adopted = run("adopt", table, *sent)
    assert "field-status@2 is active" in adopted.stdout, adopted.stdout + adopted.stderr
    table.write_text(field_status(version=1), encoding="utf-8")
    refused = run("adopt", table, *sent)
    assert refused.returncode == 1
    assert "does not rise" in refused.stdout
    nobody = run("stage", table, "--url", "http://127.0.0.1:9", "--reason", "x")
    assert nobody.returncode == 2

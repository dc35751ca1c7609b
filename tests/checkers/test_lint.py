"""What tmf-lint says of the permissive profile."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.server

LINT = Path(sys.executable).with_name("tmf-lint")


def test_tmf_lint_finds_nothing_wrong_and_skips_nothing(permissive):
    command = [LINT, "check", "--url", permissive, "--apis", "641", "--format", "json"]
    ran = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    report = json.loads(ran.stdout)
    assert [one for one in report["results"] if one["severity"] != "pass"] == []
    assert report["summary"] == {"passed": 13, "failed": 0, "skipped": 0, "total": 13}
    assert ran.returncode == 0

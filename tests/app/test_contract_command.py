"""`tmf-gateway contract run` starts the kit as somebody would by hand, and says what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.app import cli_contract
from gateway.app.cli import app
from gateway.ports.errors import SetupError


@pytest.fixture
def started(monkeypatch):
    commands = []
    monkeypatch.setattr(cli_contract.subprocess, "call", lambda command: commands.append(command) or 3)
    return commands


def test_adapters_are_tested_where_their_contracts_stand(started):
    said = CliRunner().invoke(app, ["contract", "run", "tests/mine", "-k", "once", "--version", "0.1"])
    assert said.exit_code == 3
    assert started[0][:3] == [sys.executable, "-m", "pytest"]
    assert started[0][-3:] == ["tests/mine", "-k", "once"]
    assert started[0][started[0].index("--contract-version") + 1] == "0.1"
    assert started[0][started[0].index("--contract-report") + 1] == "contract-report"


def test_a_server_is_tested_by_its_faces(started):
    arguments = ["--url", "http://127.0.0.1:1", "--face", "tmf641-v4", "--face", "tmf641-v5", "--report", "out"]
    CliRunner().invoke(app, ["contract", "run", *arguments])
    command = started[0]
    assert command[command.index("--pyargs") + 1] == "contract_tests"
    assert [command[at + 1] for at, one in enumerate(command) if one == "--contract-face"] == ["tmf641-v4", "tmf641-v5"]
    assert str(Path("out") / "contract.xml") in command


def test_a_server_without_a_face_is_refused(started):
    said = CliRunner().invoke(app, ["contract", "run", "--url", "http://127.0.0.1:1"])
    assert isinstance(said.exception, SetupError)
    assert "--face" in said.exception.fix
    assert not started


def test_what_is_not_installed_is_named(started, monkeypatch):
    monkeypatch.setattr(cli_contract, "find_spec", lambda name: None if name == "openapi_core" else name)
    said = CliRunner().invoke(app, ["contract", "run"])
    assert isinstance(said.exception, SetupError)
    assert "openapi_core is not installed" in said.exception.reason
    assert "tmf-gateway[contract]" in said.exception.fix
    assert not started


def test_the_gateway_imports_no_kit_for_it():
    code = "import sys; from gateway.app import cli; sys.exit(any(name.startswith('contract_tests') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

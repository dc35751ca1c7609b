"""`tmf-gateway db`: from a file to a server and what each command says."""

import json

import pytest
from typer.testing import CliRunner

from gateway.app.cli_db import db_app
from gateway.ports.errors import SetupError
from gateway.storage.migrations import HEAD


@pytest.fixture
def run():
    def run(*arguments, ends_with=0):
        found = CliRunner().invoke(db_app, [str(one) for one in arguments])
        if isinstance(found.exception, SetupError):
            raise found.exception
        assert found.exit_code == ends_with, found.output
        return found.output

    return run


def test_a_file_becomes_a_server(run, tmp_path, postgres):
    file, backup = f"sqlite:///{tmp_path / 'a.sqlite'}", tmp_path / "a.backup.gz"
    server = postgres.server.url(postgres.empty())
    assert HEAD in run("upgrade", "--database", file)
    run("backup", backup, "--database", file)
    run("restore", backup, "--database", server)
    said = json.loads(run("check", "--database", server, "--json"))
    assert (said["database"], said["revision"], said["sound"]) == ("postgresql", HEAD, True)
    assert "hangs together" in run("check", "--database", file)


@pytest.mark.parametrize("command", [["check"], ["backup", "b.gz"]])
def test_what_only_looks_makes_nothing(run, tmp_path, postgres, command):
    with pytest.raises(SetupError, match="does not exist"):
        run(*command, "--database", f"sqlite:///{tmp_path / 'absent.sqlite'}")
    assert not list(tmp_path.iterdir())
    with pytest.raises(SetupError, match="no tables") as caught:
        run(*command, "--database", postgres.server.url(postgres.empty()))
    assert "db upgrade" in caught.value.fix


def test_the_address_may_come_from_the_environment(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TMF_GATEWAY_DATABASE", f"sqlite:///{tmp_path / 'a.sqlite'}")
    run("upgrade")
    assert (tmp_path / "a.sqlite").exists()


def test_damage_is_told_and_ends_with_1(run, tmp_path, postgres_url, postgres):
    name = postgres_url.partition("@/")[2].partition("?")[0]
    postgres.sql("INSERT INTO work VALUES ('field|x', 1, 1, 'w', '')", database=name)
    assert "work that no stream leads to: field|x" in run("check", "--database", postgres_url, ends_with=1).replace(
        "\n", " "
    )

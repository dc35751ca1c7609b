"""Secrets stand elsewhere: a landscape names where, and no error quotes one."""

from pathlib import Path

import pytest
import yaml

from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.vocabulary.landscape import load_landscape

SIMULATED = Path(__file__).parents[2] / "adapters" / "simulated"


@pytest.fixture
def landscape(tmp_path):
    """Load a landscape whose customer system has these settings."""

    def load(**settings):
        said = yaml.safe_load((SIMULATED / "landscape.yaml").read_text())
        (tmp_path / "catalogue.yaml").write_text((SIMULATED / "catalogue.yaml").read_text())
        said["roles"]["customer"]["settings"] = settings
        (tmp_path / "landscape.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
        return load_landscape(tmp_path / "landscape.yaml").roles[Role.CUSTOMER].settings

    return load


def test_a_secret_is_taken_from_where_it_stands(landscape, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_TOKEN", "geheim")
    (tmp_path / "key.pem").write_text("first line\nsecond line\n")
    settings = landscape(
        token={"env": "CRM_TOKEN"}, servers=[{"key": {"file": "key.pem"}, "port": 22}], plain={"environment": "test"}
    )
    assert settings == {
        "token": "geheim",
        "servers": [{"key": "first line\nsecond line", "port": 22}],
        "plain": {"environment": "test"},
    }


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"env": "NOWHERE_SET"}, "environment variable NOWHERE_SET is not set"),
        ({"file": "absent.pem"}, "the file absent.pem cannot be read"),
        ({"file": "empty.pem"}, "the file empty.pem is empty"),
        ({"file": "binary.pem"}, "the file binary.pem cannot be read"),
    ],
)
def test_where_there_is_none_the_error_says_where(landscape, tmp_path, setting, words):
    (tmp_path / "empty.pem").write_text("\n")
    (tmp_path / "binary.pem").write_bytes(b"geheim\xff")
    with pytest.raises(SetupError, match=words) as caught:
        landscape(url="http://crm", login={"password": setting})
    text = (tmp_path / "landscape.yaml").read_text().splitlines()
    assert "password" in text[caught.value.line - 1] or str(next(iter(setting))) in text[caught.value.line - 1]
    assert "geheim" not in str(caught.value)

"""Settings and landscapes that cannot be meant are refused before anything starts, and no secret is told."""

import shutil
from pathlib import Path

import pytest
import yaml

import adapters.simulated
from gateway.app import broker
from gateway.app.broker import Backbone
from gateway.app.broker_nats import _security
from gateway.app.broker_terms import broker_terms
from gateway.app.landscape import read_landscape
from gateway.app.settings import Settings
from gateway.ports.errors import SetupError

HERE = Path(__file__).parent
SHIPPED = Path(adapters.simulated.__file__).parent
SETTINGS = yaml.safe_load((HERE / "settings.yaml").read_text())
LANDSCAPES = yaml.safe_load((HERE / "landscapes.yaml").read_text())


@pytest.fixture
def landscape(tmp_path):
    """Makes a landscape with more at its end; returns it, and how many lines stand before that."""

    def make(more):
        shutil.copy(SHIPPED / "catalogue.yaml", tmp_path)
        text = (SHIPPED / "landscape.yaml").read_text()
        file = tmp_path / "landscape.yaml"
        file.write_text(text + more)
        return file, len(text.splitlines())

    return make


@pytest.mark.parametrize("case", SETTINGS, ids=lambda case: case["because"])
def test_a_setting_that_cannot_be_meant_is_refused(case, monkeypatch):
    monkeypatch.setenv("HUNTER", "hunter2")
    with pytest.raises(SetupError) as refused:
        broker_terms(Settings(**case["settings"]), "tenant")
    assert case["says"] in refused.value.reason
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("case", LANDSCAPES, ids=lambda case: case["because"])
def test_a_landscape_that_cannot_be_meant_is_refused_with_its_line(case, landscape):
    file, before = landscape(case["broker"])
    with pytest.raises(SetupError) as refused:
        read_landscape(str(file))
    assert case["says"] in refused.value.reason
    assert (refused.value.file, refused.value.line) == (str(file), before + case["line"])


def test_facts_from_a_broker_need_a_broker(landscape):
    file, before = landscape("broker:\n  factsFrom:\n    - subject: survey.facts\n")
    known, _ = read_landscape(str(file))
    with pytest.raises(SetupError, match="no broker is named") as refused:
        Backbone.of(Settings(), known, None)
    assert refused.value.line == before + 3


@pytest.mark.parametrize(
    ("url", "source", "says"),
    [
        ("kafka://localhost", "subject: survey.facts", "is a subject, and the broker is of kind kafka"),
        ("nats://localhost", "topic: survey", "is a topic, and the broker is of kind nats"),
        ("nats://localhost", "subject: tmf-gateway.*.orders.>", "is where the gateway publishes its own events"),
        ("kafka://localhost", "topic: tmf-gateway.simulated.orders", "is where the gateway publishes its own events"),
    ],
)
async def test_a_source_that_the_broker_cannot_have_is_refused(landscape, url, source, says):
    known, _ = read_landscape(str(landscape(f"broker:\n  factsFrom:\n    - {source}\n")[0]))
    with pytest.raises(SetupError, match=says):
        Backbone.of(Settings(broker_url=url), known, None)


def test_a_client_that_is_not_installed_is_named_with_the_command_that_helps(monkeypatch):
    known, _ = read_landscape("simulated")
    monkeypatch.setattr(broker, "find_spec", lambda name: None)
    with pytest.raises(SetupError) as refused:
        Backbone.of(Settings(broker_url="nats://localhost"), known, None)
    assert refused.value.fix == "pip install 'tmf-gateway[nats]'"


def test_without_a_broker_there_is_no_backbone():
    assert Backbone.of(Settings(), read_landscape("simulated")[0], None) is None


def test_a_secret_is_in_no_text_of_the_terms_and_changes_their_digest(monkeypatch, tmp_path):
    monkeypatch.setenv("HUNTER", "me:hunter2")
    (tmp_path / "token").write_text("hunter3\n")
    one = broker_terms(Settings(broker_url="nats://127.0.0.1:1", broker_credentials="env:HUNTER"), "Tenant & Co.")
    other = broker_terms(
        Settings(broker_url="nats://127.0.0.1:1", broker_credentials=f"file:{tmp_path / 'token'}"), "Tenant & Co."
    )
    assert "hunter" not in repr(one) + str(one)
    assert one.digest != other.digest
    assert one.subject == "tmf-gateway.Tenant-Co.orders"
    assert (_security(one).username, _security(one).password) == ("me", "hunter2")
    assert _security(other).token == "hunter3"


def test_several_servers_and_encryption():
    terms = broker_terms(Settings(broker_url="kafka+tls://one.example, kafka+tls://[::1]:9093"), "t")
    assert terms.servers == ("one.example:9092", "[::1]:9093")
    assert (terms.kind, terms.is_encrypted) == ("kafka", True)

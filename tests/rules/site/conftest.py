"""Site rules for the tests: a sound one, changed where a test wants it."""

from pathlib import Path

import pytest
import yaml

from gateway.rules.bindings.bind import bind
from gateway.rules.bindings.rule_set import RuleSet
from gateway.rules.engine import Catalogue
from gateway.rules.site.read import read_site_rule
from gateway.vocabulary.document import parse_documents

HERE = Path(__file__).parent

SOUND = {
    "code": "SITE-001",
    "title": "a rule of the test",
    "human": "It holds.",
    "handoff": "intake",
    "expression": "true",
    "message": "'it fails'",
    "owner": "the test",
    "remedy": "mend it",
    "loss": "none",
    "lifecycle": "enforced",
    "path": "/productOrderItem/{i}",
    "examples": {"pass": [{"name": "so"}], "fail": [{"name": "not so"}], "benign": [{"name": "so too"}]},
}


@pytest.fixture(scope="session")
def refused():
    return yaml.safe_load((HERE / "refused.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def site_rule():
    """Read a site rule: the sound one with other members; examples are (kind, members) pairs."""

    def make(examples, **members):
        kinds = {kind: [] for kind in ("pass", "fail", "benign")}
        for number, (kind, said) in enumerate(examples):
            kinds[kind].append({"name": f"example {number}", **said})
        text = yaml.safe_dump({**SOUND, **members, "examples": kinds}, sort_keys=False)
        (document,) = parse_documents(text, "site.yaml")
        return read_site_rule(document)

    return make


@pytest.fixture(scope="session")
def alone():
    """Return a catalogue that has nothing but a site rule."""
    return lambda rule: bind(RuleSet(site_rules=(rule,)), Catalogue([]))

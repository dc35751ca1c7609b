"""Rule sets for the tests of bindings, read from text as operators write it."""

from pathlib import Path

import pytest

from gateway.lifecycle.rule_sets.reading import rule_set_of_text
from gateway.rules.bindings.bind import bind
from gateway.rules.engine import Catalogue

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def operator_text():
    return (HERE / "operator.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def rule_set():
    """Read a rule set: `rule_set("bindings: [{rule: ACT-006, mode: warn}]")`."""

    def make(rows, version=1):
        return rule_set_of_text(f"name: operator\nversion: {version}\n{rows}\n", "rules.yaml", Catalogue.load())

    return make


@pytest.fixture(scope="session")
def bound(rule_set):
    """Return the built-in rules as such a rule set has them taken."""

    def make(rows, **where):
        return bind(rule_set(rows), Catalogue.load(), **where)

    return make

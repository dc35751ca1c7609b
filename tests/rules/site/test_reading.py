"""Site rules that are refused, with line and column."""

from pathlib import Path

import pytest
import yaml

from gateway.ports.errors import SetupError
from gateway.rules.site import cel
from gateway.rules.site.read import look_at, read_site_rule
from gateway.vocabulary.document import parse_documents

ROWS = yaml.safe_load((Path(__file__).parent / "refused.yaml").read_text(encoding="utf-8"))


def read(text):
    (document,) = parse_documents(text, "site.yaml")
    return read_site_rule(document)


def test_the_rule_itself_is_sound():
    assert read(ROWS["rule"]).rule.code == "SITE-020"


@pytest.mark.parametrize("row", ROWS["cases"], ids=lambda row: row["name"])
def test_what_is_wrong_is_told_with_line_and_column(row):
    assert row["from"] in ROWS["rule"]
    with pytest.raises(SetupError) as caught:
        read(ROWS["rule"].replace(row["from"], row["to"], 1))
    assert row["says"] in caught.value.reason
    assert caught.value.line == row["line"], caught.value.reason
    assert caught.value.fix


def test_everything_that_is_wrong_is_told_at_once():
    text = ROWS["rule"].replace("item.action == 'add'", "item.actoin == 'add'").replace("item.id", "item.di")
    (document,) = parse_documents(text, "site.yaml")
    rule, problems = look_at(document)
    assert rule is None
    assert [problem.line for problem in problems] == [5, 9]


def test_without_the_library_a_site_rule_is_refused_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cel_expr_python", None)
    with pytest.raises(SetupError, match="cel-expr-python") as caught:
        read(ROWS["rule"])
    assert "pip install" in caught.value.fix
    assert caught.value.file == "site.yaml"


def test_an_endless_expression_is_refused():
    with pytest.raises(cel.CelError, match="longer"):
        cel.compiled("true || " * 1000 + "true")

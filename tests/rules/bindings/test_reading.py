"""Reading rule sets: what is refused, and on which line."""

from pathlib import Path

import pytest
import yaml

from gateway.lifecycle.rule_sets.reading import load_rule_set, rule_set_of_text
from gateway.ports.errors import SetupError
from gateway.rules.engine import Catalogue

HERE = Path(__file__).parent
REFUSED = yaml.safe_load((HERE / "refused.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["name"])
def test_what_is_wrong_is_told_with_its_line(row):
    with pytest.raises(SetupError) as caught:
        rule_set_of_text(row["document"], "rules.yaml", Catalogue.load())
    assert row["says"] in caught.value.reason
    assert caught.value.line == row["line"]
    assert caught.value.file == "rules.yaml"
    assert caught.value.fix


def test_rows_stand_most_specific_first(operator_text):
    found = rule_set_of_text(operator_text, "rules.yaml", Catalogue.load())
    assert [str(one.scope) for one in found.bindings] == [
        "ACT-006, product line BIZ-*",
        "ACT-006",
        "BIL, adapter billing",
    ]
    assert found.label == "operator@3"
    assert found.digest.startswith("sha256:")


def test_json_is_read_as_well():
    text = '{"name": "operator", "version": 1, "bindings": [{"rule": "ACT-006", "mode": "off"}]}'
    assert rule_set_of_text(text, "rules.json", Catalogue.load()).bindings[0].mode == "off"


def test_a_folder_is_one_rule_set(tmp_path, operator_text):
    said = yaml.safe_load(operator_text)
    (rule,) = said.pop("siteRules")
    said["waivers"][0]["until"] = "2026-06-30"
    (tmp_path / "site").mkdir()
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    (tmp_path / "site" / "ipv4.yaml").write_text(yaml.safe_dump(rule), encoding="utf-8")
    found, text = load_rule_set(tmp_path, Catalogue.load())
    assert [one.rule.code for one in found.site_rules] == ["SITE-017"]
    again = rule_set_of_text(text, "stored", Catalogue.load())
    assert again.bindings == found.bindings
    assert again.site_rules[0].definition == found.site_rules[0].definition


def test_a_site_rule_in_a_file_of_its_own_is_refused_with_that_file(tmp_path, operator_text):
    said = yaml.safe_load(operator_text)
    (rule,) = said["siteRules"]
    said["waivers"][0]["until"] = "2026-06-30"
    said["siteRules"] = ["ipv4.yaml"]
    rule["expression"] = "item.colour == 'red'"
    rule["reads"] = []
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    (tmp_path / "ipv4.yaml").write_text(yaml.safe_dump(rule), encoding="utf-8")
    with pytest.raises(SetupError, match="colour") as caught:
        load_rule_set(tmp_path / "rules.yaml", Catalogue.load())
    assert caught.value.file.endswith("ipv4.yaml")
    with pytest.raises(SetupError, match="colour") as caught:
        load_rule_set(tmp_path, Catalogue.load())
    assert caught.value.file.endswith("ipv4.yaml")


@pytest.mark.parametrize("text", ["- 1", "siteRules: 5", "name: a\nversion: 1\nsiteRules: {a: b}", "7", ""])
def test_what_is_no_rule_set_at_all_is_refused_too(tmp_path, text):
    (tmp_path / "rules.yaml").write_text(text)
    (tmp_path / "site.yaml").write_text("code: SITE-001")
    for path in (tmp_path, tmp_path / "rules.yaml"):
        with pytest.raises(SetupError):
            load_rule_set(path, Catalogue.load())


def test_a_file_of_a_folder_is_read_once_though_it_is_named(tmp_path, operator_text):
    said = yaml.safe_load(operator_text)
    (rule,) = said["siteRules"]
    said["waivers"][0]["until"] = "2026-06-30"
    said["siteRules"] = ["site"]
    said["bindings"].append({"rule": "SITE-017", "mode": "warn"})
    (tmp_path / "site").mkdir()
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    (tmp_path / "site" / "ipv4.yaml").write_text(yaml.safe_dump(rule), encoding="utf-8")
    (tmp_path / "other.yaml").write_text(yaml.safe_dump({**rule, "code": "SITE-018"}), encoding="utf-8")
    found, _ = load_rule_set(tmp_path, Catalogue.load())
    assert [one.rule.code for one in found.site_rules] == ["SITE-017", "SITE-018"]

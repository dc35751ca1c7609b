"""How two rule sets differ."""

import pytest

from gateway.rules.bindings.difference import diff
from gateway.rules.bindings.rule_set import RuleSet
from gateway.rules.engine import Catalogue

WAIVER = "waivers: [{rule: BIL-006, order: PO-1, reason: trial, until: %s, who: j.doe}]"


def told(old, new):
    return [(row.effect, row.kind, row.about) for row in diff(old, new, Catalogue.load())]


@pytest.mark.parametrize(
    ("old", "new", "rows"),
    [
        ("", "bindings: [{rule: ACT-006, mode: warn}]", [("loosened", "mode", "ACT-006")]),
        ("bindings: [{rule: ACT-006, mode: warn}]", "", [("tightened", "mode", "ACT-006")]),
        ("bindings: [{rule: ACT-006, mode: dry-run}]", "bindings: [{rule: ACT-006, mode: warn}]",
         [("tightened", "mode", "ACT-006")]),
        ("bindings: [{rule: ACT-006, mode: enforce}]", "", []),
        ("bindings: [{rule: ACT-006, mode: warn}]",
         "bindings: [{rule: ACT-006, mode: warn}, {rule: ACT-006, productLine: BIZ-*, mode: enforce}]",
         [("tightened", "mode", "ACT-006, product line BIZ-*")]),
        ("bindings: [{rule: ACT-006, mode: warn}]",
         "bindings: [{rule: ACT-006, mode: warn}, {rule: ACT-006, productLine: BIZ-*, mode: warn}]", []),
        ("parameters: [{rule: ACT-006, set: {rateTolerancePercent: 10}}]",
         "parameters: [{rule: ACT-006, set: {rateTolerancePercent: 5}}]",
         [("tightened", "parameter", "ACT-006: rateTolerancePercent")]),
        ("parameters: [{rule: ACT-006, set: {rateTolerancePercent: 5}}]",
         "parameters: [{rule: ACT-006, set: {rateTolerancePercent: 7.5}}]",
         [("loosened", "parameter", "ACT-006: rateTolerancePercent")]),
        ("", "parameters: [{rule: ACT-006, set: {rateTolerancePercent: 5}}]",
         [("changed", "parameter", "ACT-006: rateTolerancePercent")]),
        ("", WAIVER % "2026-06-30", [("loosened", "waiver", "BIL-006, order PO-1")]),
        (WAIVER % "2026-06-30", "", [("tightened", "waiver", "BIL-006, order PO-1")]),
        (WAIVER % "2026-06-30", WAIVER % "2026-07-30", [("loosened", "waiver", "BIL-006, order PO-1")]),
        (WAIVER % "2026-06-30", WAIVER % "2026-05-30", [("tightened", "waiver", "BIL-006, order PO-1")]),
        (WAIVER % "2026-06-30", (WAIVER % "2026-06-30").replace("trial", "other"),
         [("changed", "waiver", "BIL-006, order PO-1")]),
    ],
)  # fmt: skip
def test_a_difference_is_told_by_what_it_does(rule_set, old, new, rows):
    assert told(rule_set(old), rule_set(new)) == rows


def test_a_family_tells_each_of_its_rules(rule_set):
    rows = told(rule_set(""), rule_set("bindings: [{rule: CLO, mode: 'off'}]"))
    assert len(rows) >= 3
    assert {effect for effect, _, _ in rows} == {"loosened"}


def test_site_rules_are_added_changed_and_removed(rule_set, operator_text):
    rules = operator_text[operator_text.index("siteRules") :]
    one = rule_set(rules)
    assert told(rule_set(""), one) == [("added", "site-rule", "SITE-017")]
    assert told(one, rule_set("")) == [("removed", "site-rule", "SITE-017")]
    trial = rule_set(rules.replace("lifecycle: enforced", "lifecycle: dryrun"))
    assert told(trial, one) == [("tightened", "mode", "SITE-017")]
    other = rule_set(rules.replace("graceHours: 4", "graceHours: 5"))
    assert told(one, other) == [("changed", "site-rule", "SITE-017")]
    harder = rule_set(rules.replace("lifecycle: enforced", "lifecycle: enforced\n  severity: reject"))
    assert told(one, harder) == [("tightened", "site-rule", "SITE-017 severity")]


def test_nothing_differs_from_itself(rule_set, operator_text):
    one = rule_set(operator_text.partition("version: 3")[2])
    assert told(one, one) == []
    assert told(RuleSet(), RuleSet()) == []

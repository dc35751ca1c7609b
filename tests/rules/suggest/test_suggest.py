"""Shift left: the earliest gate, and a rule that loads and does as its examples say."""

import copy
import json
from pathlib import Path

import pytest

from gateway.canonical.judgement import Gate
from gateway.rules.bindings.bind import bind
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.rule_set import Binding, RuleSet, Scope
from gateway.rules.engine import Catalogue, judge_all
from gateway.rules.site.read import read_site_rule
from gateway.rules.suggest.group import GroupProblem, group_of
from gateway.rules.suggest.suggest import suggest
from gateway.vocabulary.document import parse_documents

SAID = json.loads((Path(__file__).parent / "contradiction.json").read_text(encoding="utf-8"))


def loaded(text):
    (document,) = parse_documents(text, "suggested.yaml")
    return read_site_rule(document)


def group(rule, facts, paths, *, gate="activation-to-billing", before="build-to-activation"):
    """One order: facts recorded on the 1st, a gate judged on the 2nd, the finding on the 9th."""
    known = [
        {"predicate": predicate, "subject": "item:1", "value": value, "recordedAt": "2026-03-01T12:00:00Z"}
        for predicate, value in facts
    ]
    finding = {"code": rule, "path": paths[0], "related": paths[1:]}
    decisions = [
        {"at": "2026-03-02T12:00:00Z", "gate": before, "findings": []},
        {"at": "2026-03-09T12:00:00Z", "gate": gate, "findings": [finding]},
    ]
    return group_of({"rule": rule, "gate": gate, "members": [{"order": "o", "facts": known, "decisions": decisions}]})


def test_two_facts_that_differ_are_asked_where_both_were_known():
    found = suggest(group_of(SAID), code="SITE-031")
    assert (found.gate, found.found_at, found.is_earlier) == (
        Gate.BUILD_TO_ACTIVATION,
        Gate.ACTIVATION_TO_BILLING,
        True,
    )
    assert found.facts == ("device.bound", "field.completed")
    rule = loaded(found.rule)
    assert rule.rule.code == "SITE-031"
    assert rule.rule.gate is Gate.BUILD_TO_ACTIVATION
    assert (
        rule.definition.expression == "fact('device.bound', item.id).serial == fact('field.completed', item.id).serial"
    )
    assert rule.mode is Mode.OFF


def test_one_order_that_learnt_late_moves_the_gate_for_all():
    late = copy.deepcopy(SAID)
    late["members"][1]["facts"][0]["recordedAt"] = "2026-03-08T12:00:00Z"
    found = suggest(group_of(late))
    assert found.gate is Gate.ACTIVATION_TO_BILLING
    assert not found.is_earlier


def test_the_suggested_rule_finds_what_the_other_one_found(trace_of):
    rule = loaded(suggest(group_of(SAID)).rule)
    enforced = RuleSet(site_rules=(rule,), bindings=(Binding(Scope(rule.rule.code), Mode.ENFORCE),))
    catalogue = bind(enforced, Catalogue([]))
    bound = next(fact for fact in trace_of("activated").facts if fact.predicate == "device.bound")
    said = trace_of("activated", {f"facts[{bound.id}].value.serial": "ANOTHER"})
    assert [f.code for one in judge_all(said, catalogue) for f in one.findings] == [rule.rule.code]
    assert not [f for one in judge_all(trace_of("activated"), catalogue) for f in one.findings]


def test_less_than_was_ordered():
    value = {"downstreamRate": {"amount": 100, "units": "Mbit/s"}}
    paths = ["facts[0].value.downstreamRate", "productOrder.productOrderItem[0].product.productCharacteristic[0].value"]
    found = suggest(group("ACT-006", [("resource.assigned", value)], paths))
    assert "item.product.characteristics.downstreamRate" in loaded(found.rule).definition.expression


def test_a_day_that_was_over():
    found = suggest(
        group("BLD-009", [("resource.reserved", {"port": "P", "until": "2026-03-03"})], ["facts[0].value.until"])
    )
    assert "now.substring" in loaded(found.rule).definition.expression


def test_a_word_that_is_always_wrong():
    found = suggest(
        group("ORD-011", [("site.qualified", {"result": "no 'fibre'"})], ["facts[0].value.result"], before="intake")
    )
    assert found.gate is Gate.INTAKE
    assert loaded(found.rule).definition.handoff == "intake"


@pytest.mark.parametrize(
    ("facts", "paths", "words"),
    [
        ([("site.qualified", {"result": "ok"})], ["productOrder.productOrderItem[0]"], "point to no fact"),
        ([("site.qualified", {"result": {"deep": 1}})], ["facts[0].value.result"], "do not show by themselves"),
        ([("site.qualified", {})], ["facts[7].value.result"], "point to no fact"),
    ],
)
def test_where_facts_do_not_show_it_nothing_is_made_up(facts, paths, words):
    found = suggest(group("ORD-011", facts, paths))
    assert found.rule is None
    assert words in found.why


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said: [], "no object with a rule"),
        (lambda said: {**said, "gate": "garden"}, "gate is none of"),
        (lambda said: {**said, "members": []}, "members is no list"),
        (lambda said: {**said, "members": [1]}, "members[0] is no object"),
        (lambda said: {**said, "members": [{"facts": [{}], "decisions": []}]}, "facts[0] has no predicate"),
        (lambda said: {**said, "members": [{"facts": 1, "decisions": []}]}, "facts is no list"),
        (
            lambda said: {**said, "members": [{"facts": [], "decisions": [{"gate": "intake", "at": "2026-03-01"}]}]},
            "has no offset",
        ),
        (lambda said: {**said, "members": [{"facts": [], "decisions": [{"gate": "intake"}]}]}, "is no instant"),
    ],
)
def test_a_group_that_cannot_be_read_says_where(change, words):
    with pytest.raises(GroupProblem) as caught:
        group_of(change(copy.deepcopy(SAID)))
    assert words in str(caught.value)

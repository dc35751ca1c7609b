"""What site rules say of traces."""

import json
from decimal import Decimal

import pytest

from gateway.canonical.judgement import Gate, Severity, Verdict
from gateway.canonical.reference import Policy
from gateway.canonical.states import BlockedBy
from gateway.rules.bindings.bind import bind
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.rule_set import Binding, Override, RuleSet, Scope
from gateway.rules.context import Context
from gateway.rules.engine import Catalogue, judge, judge_all
from gateway.rules.rule import SECTIONS
from gateway.rules.site.names import ITEM, ORDER, POLICY, SERVICE, check_value
from gateway.rules.site.values import item_json, order_json, plain_json, policy_json, service_json

OFFERING = {
    "expression": "item.offering != 'OFF-500'",
    "message": "'item ' + item.id + ': ' + item.offering + ' is not sold any more'",
}
OFFERING_EXAMPLES = [
    ("pass", {"item": {"offering": "OFF-1"}}),
    ("fail", {"item": {"offering": "OFF-500"}}),
    ("benign", {"item": {"offering": "OFF-501"}}),
]
QUALIFIED = {
    "expression": "fact('site.qualified', item.id).result == 'ok'",
    "reads": ["fact:site.qualified"],
}
QUALIFIED_EXAMPLES = [
    ("pass", {"facts": {"site.qualified": {"result": "ok"}}}),
    ("fail", {"facts": {"site.qualified": {"result": "no"}}}),
    ("benign", {"facts": {"site.qualified item:1": {"result": "ok", "more": 1}}}),
]


def findings(judgements):
    return [finding for one in judgements for finding in one.findings]


def test_it_finds_like_any_other_rule(site_rule, alone, trace_of):
    rule = site_rule(
        OFFERING_EXAMPLES,
        blockedBy="customer",
        severity="reject",
        path="/productOrderItem/{i}/productOffering",
        **OFFERING,
    )
    (finding,) = findings(judge_all(trace_of("ordered"), alone(rule)))
    assert finding.code == "SITE-001"
    assert finding.reason == "item 1: OFF-500 is not sold any more"
    assert finding.path == "product_order.items[0].offering"
    assert (finding.severity, finding.gate, finding.fix) == (Severity.REJECT, Gate.INTAKE, "mend it")
    assert finding.blocked_by is BlockedBy.CUSTOMER


def test_an_absent_fact_holds_for_exactly_that_fact(site_rule, alone, trace_of):
    rule = site_rule(QUALIFIED_EXAMPLES, **QUALIFIED)
    trace = trace_of("ordered")
    without = trace.model_copy(update={"facts": tuple(f for f in trace.facts if f.predicate != "site.qualified")})
    asked = alone(rule)
    nothing = bind(RuleSet(), Catalogue([]))
    assert not findings(judge_all(without, asked))
    held = judge(
        without.model_copy(update={"reference": without.reference.model_copy(update={"offerings": ()})}),
        Gate.INTAKE,
        asked,
    )
    assert "site.qualified item:1" in map(str, held.missing)
    also = judge(
        without.model_copy(update={"reference": without.reference.model_copy(update={"offerings": ()})}),
        Gate.INTAKE,
        nothing,
    )
    assert set(held.missing) - set(also.missing) == {key for key in held.missing if str(key) == "site.qualified item:1"}
    not_yet = judge(without, Gate.INTAKE, asked, not_yet=frozenset({"site.qualified"}))
    assert "site.qualified item:1" not in map(str, not_yet.missing)


@pytest.mark.parametrize(("on_missing", "found"), [("pass", 0), ("hold", 0), ("fail", 1)])
def test_an_absent_fact_is_taken_as_the_rule_says(site_rule, alone, trace_of, on_missing, found):
    rule = site_rule(QUALIFIED_EXAMPLES, on_missing=on_missing, **QUALIFIED)
    trace = trace_of("ordered")
    without = trace.model_copy(update={"facts": ()})
    assert len(findings(judge_all(without, alone(rule)))) == found


def test_what_does_not_matter_is_not_waited_for(site_rule, alone, trace_of):
    rule = site_rule(
        [("pass", {}), ("fail", {"item": {"id": "2"}, "facts": {"site.qualified": {"result": "no"}}}), ("benign", {})],
        expression="fact('site.qualified', item.id).result == 'ok' || item.id == '1'",
        reads=["fact:site.qualified"],
    )
    trace = trace_of("ordered").model_copy(update={"facts": ()})
    judged = judge(trace, Gate.INTAKE, alone(rule))
    nothing = judge(trace, Gate.INTAKE, Catalogue([]))
    assert judged.missing == nothing.missing


def test_a_rule_that_breaks_holds_and_others_go_on(site_rule, trace_of):
    broken = site_rule(
        [
            ("pass", {"item": {"quantity": 2}}),
            ("fail", {"item": {"quantity": 1}}),
            ("benign", {"item": {"quantity": 3}}),
        ],
        expression="item.quantity > 1 && item.product.characteristics.downstreamRate > 5 || item.quantity > 1",
    )
    sound = site_rule(OFFERING_EXAMPLES, code="SITE-002", **OFFERING)
    trace = trace_of("ordered", {"product_order.items[0].quantity": 1})
    error = site_rule(
        [("pass", {"item": {"id": "x"}}), ("fail", {"item": {"id": "y"}}), ("benign", {"item": {"id": "x"}})],
        code="SITE-003",
        expression="item.id == 'x' || (item.id != 'y' && 1 / (int(item.id) - 1) == 1)",
    )
    both = bind(RuleSet(site_rules=(broken, error, sound)), Catalogue([]))
    (judged,) = judge_all(trace, both)
    told = {finding.code: finding for finding in judged.findings}
    assert set(told) == {"SITE-001", "SITE-002", "SITE-003"}
    assert told["SITE-003"].reason.startswith("rule error: ")
    assert told["SITE-003"].severity is Severity.HOLD
    assert judged.verdict is Verdict.HOLD


@pytest.mark.parametrize(("on_error", "found"), [("pass", 0), ("hold", 1), ("fail", 1)])
def test_an_error_is_taken_as_the_rule_says(site_rule, alone, trace_of, on_error, found):
    rule = site_rule(
        [("pass", {"item": {"id": "x"}}), ("fail", {"item": {"id": "y"}}), ("benign", {"item": {"id": "x"}})],
        expression="item.id == 'x' || (item.id != 'y' && 1 / (int(item.id) - 1) == 1)",
        on_error=on_error,
    )
    assert len(findings(judge_all(trace_of("ordered"), alone(rule)))) == found


def test_what_an_item_does_not_have_it_has_not_in_a_special_way(site_rule, alone, trace_of):
    rule = site_rule(
        [
            ("pass", {"item": {"quantity": 4, "appointment": "A-1"}}),
            ("fail", {"item": {"quantity": 1, "appointment": "A-1"}}),
            ("benign", {}),
        ],
        applies="item.appointment.startsWith('A')",
        expression="item.quantity > 3",
    )
    trace = trace_of("ordered")
    assert trace.product_order.items[0].appointment is None
    assert not findings(judge_all(trace, alone(rule)))


def test_a_member_that_is_not_stated_cannot_be_judged(site_rule, alone, trace_of):
    rule = site_rule(
        [
            ("pass", {"item": {"appointment": "A-1"}}),
            ("fail", {"item": {"appointment": "B-1"}}),
            ("benign", {"item": {"appointment": "A-2"}}),
        ],
        expression="item.appointment.startsWith('A')",
    )
    (finding,) = findings(judge_all(trace_of("ordered"), alone(rule)))
    assert "not stated" in finding.reason
    assert finding.severity is Severity.HOLD


def test_a_rule_of_services_points_to_the_service(site_rule, alone, trace_of):
    rule = site_rule(
        [
            ("pass", {"service": {"state": "completed"}}),
            ("fail", {"service": {"state": "held"}}),
            ("benign", {"service": {"state": "completed"}}),
        ],
        handoff="order->build",
        expression="service.state == 'completed'",
        message="'service ' + service.id",
        path="/serviceOrderItem/{i}/state",
    )
    assert rule.rule.reads == ("service_orders",)
    trace = trace_of("built", {"service_orders[0].items[0].state": "held"})
    found = [f for one in judge_all(trace, alone(rule)) for f in one.findings]
    assert "service_orders[0].items[0].state" in [finding.path for finding in found]
    assert {finding.gate for finding in found} == {Gate.ORDER_TO_BUILD}


@pytest.mark.parametrize(
    ("lifecycle", "mode"),
    [("proposed", Mode.OFF), ("dryrun", Mode.DRY_RUN), ("warn", Mode.WARN), ("enforced", Mode.ENFORCE), ("retired", Mode.OFF)],
)  # fmt: skip
def test_its_stage_is_its_mode(site_rule, alone, trace_of, lifecycle, mode):
    rule = site_rule(OFFERING_EXAMPLES, lifecycle=lifecycle, **OFFERING)
    (judged,) = judge_all(trace_of("ordered"), alone(rule))
    shown = [finding.severity for finding in judged.findings if finding.code == "SITE-001"]
    tried = [finding.severity for finding in judged.dry_run]
    assert (shown, tried) == {
        Mode.OFF: ([], []),
        Mode.DRY_RUN: ([], [Severity.HOLD]),
        Mode.WARN: ([Severity.WARN], []),
        Mode.ENFORCE: ([Severity.HOLD], []),
    }[mode]


def test_a_binding_goes_before_the_stage(site_rule, trace_of):
    rule = site_rule(OFFERING_EXAMPLES, lifecycle="proposed", **OFFERING)
    rule_set = RuleSet(site_rules=(rule,), bindings=(Binding(Scope("SITE-001"), Mode.ENFORCE),))
    assert findings(judge_all(trace_of("ordered"), bind(rule_set, Catalogue([]))))


def test_its_parameters_are_set_like_those_of_other_rules(site_rule, trace_of):
    rule = site_rule(
        [
            ("pass", {"item": {"offering": "A"}}),
            ("fail", {"item": {"offering": "OFF-500"}, "params": {"gone": "OFF-500"}}),
            ("benign", {"item": {"offering": "B"}}),
        ],
        expression="item.offering != params.gone",
        params={"gone": "nothing"},
    )
    scope = Scope("SITE-001")
    rule_set = RuleSet(site_rules=(rule,), overrides=(Override(scope, {"gone": "OFF-500"}),))
    assert not findings(judge_all(trace_of("ordered"), bind(RuleSet(site_rules=(rule,)), Catalogue([]))))
    assert findings(judge_all(trace_of("ordered"), bind(rule_set, Catalogue([]))))


def test_it_is_explained_like_any_other_rule(site_rule):
    made = site_rule(OFFERING_EXAMPLES, version=4, **OFFERING).rule
    assert set(made.doc) == set(SECTIONS)
    assert "SITE-001" in made.markdown()
    assert "| version | 4 |" in made.markdown()


# -- the variables ---------------------------------------------------------------------------------------------------


def test_every_member_of_every_variable_is_documented(documents, trace_of):
    for name in documents:
        trace = trace_of(name)
        ctx = Context(trace, frozenset())
        for line in ctx.lines:
            assert check_value(item_json(ctx, line), ITEM, ()) is None
        for service in ctx.services:
            assert check_value(service_json(service), SERVICE, ()) is None
        if ctx.order is not None:
            said = order_json(ctx, ctx.order)
            assert check_value(said, ORDER, ()) is None
            json.dumps(said)
    assert set(policy_json(Policy())) == set(POLICY)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"unit": "EUR", "value": 29.99}, {"minor": 2999, "currency": "EUR"}),
        ({"unit": "JPY", "value": 500}, {"minor": 500, "currency": "JPY"}),
        ({"unit": "KWD", "value": Decimal("1.234")}, {"minor": 1234, "currency": "KWD"}),
        ({"unit": "JPY", "value": Decimal("30.55")}, {"currency": "JPY"}),
        ({"unit": "kbit/s", "value": 5}, {"unit": "kbit/s", "value": 5}),
        (Decimal("2.50"), 2.5),
        (Decimal(3), 3),
        (2**70, f"{float(2**70):.17e}"),
        (Decimal("1E+999999"), "1E+999999"),
        (Decimal("NaN"), "NaN"),
        (True, True),
        (None, None),
        ((1, "a"), [1, "a"]),
    ],
)
def test_values_become_plain_json(value, said):
    found = plain_json(value)
    assert found == said
    assert type(found) is type(said)

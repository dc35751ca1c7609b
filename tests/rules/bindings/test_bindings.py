"""What a rule set makes of what rules say."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.judgement import Severity, Verdict
from gateway.canonical.lifecycle import Trace
from gateway.rules.bindings.bind import bind
from gateway.rules.bindings.modes import Mode, Pattern
from gateway.rules.bindings.rule_set import Binding, RuleSet, Scope
from gateway.rules.engine import Catalogue, judge_all

HALF = {
    "facts[F-active].value.downstreamRate": {"amount": 250, "units": "Mbit/s"},
    "facts[F-active-said].value.downstreamRate": {"amount": 250, "units": "Mbit/s"},
}
A_LITTLE_LESS = {
    "facts[F-active].value.downstreamRate": {"amount": 460, "units": "Mbit/s"},
    "facts[F-active-said].value.downstreamRate": {"amount": 460, "units": "Mbit/s"},
}


def of_rule(judgements, code, *, dry=False):
    return [f for one in judgements for f in (one.dry_run if dry else one.findings) if f.code == code]


def verdicts(judgements):
    return [one.verdict for one in judgements]


def test_a_catalogue_bound_to_nothing_says_what_it_said(documents, catalogue):
    empty = RuleSet().bind(catalogue)
    for document in documents.values():
        trace = Trace.model_validate(document)
        said = [one.model_copy(update={"rule_set": ""}) for one in judge_all(trace, empty)]
        assert said == list(judge_all(trace, catalogue))


def test_enforce_is_the_rule_as_it_is(bound, catalogue, trace_of):
    trace = trace_of("charged", HALF)
    (finding,) = of_rule(judge_all(trace, bound("bindings: [{rule: ACT-006, mode: enforce}]")), "ACT-006")
    assert finding == of_rule(judge_all(trace, catalogue), "ACT-006")[0]
    assert finding.severity is Severity.HOLD


def test_a_warning_holds_nothing(bound, trace_of):
    judgements = judge_all(trace_of("charged", HALF), bound("bindings: [{rule: ACT, mode: warn}]"))
    (finding,) = of_rule(judgements, "ACT-006")
    assert finding.severity is Severity.WARN
    assert set(verdicts(judgements)) == {Verdict.ADVANCE}


def test_a_rule_on_trial_is_recorded_apart(bound, trace_of):
    judgements = judge_all(trace_of("charged", HALF), bound("bindings: [{rule: ACT-006, mode: dry-run}]"))
    assert of_rule(judgements, "ACT-006") == []
    (finding,) = of_rule(judgements, "ACT-006", dry=True)
    assert finding.severity is Severity.HOLD
    assert set(verdicts(judgements)) == {Verdict.ADVANCE}
    assert any("ACT-006" in one.rules for one in judgements)


def test_a_rule_that_is_off_is_not_asked(bound, trace_of):
    off = bound("bindings: [{rule: ACT-006, mode: 'off'}]")
    judgements = judge_all(trace_of("charged", HALF), off)
    assert not of_rule(judgements, "ACT-006")
    assert not of_rule(judgements, "ACT-006", dry=True)
    assert not any("ACT-006" in one.rules for one in judgements)
    assert off.rule("ACT-006") is not None


def test_every_judgement_names_its_rule_set(bound, trace_of):
    judgements = judge_all(trace_of("charged"), bound("bindings: [{rule: ACT-006, mode: warn}]"))
    assert {one.rule_set for one in judgements} == {"operator@1"}


@settings(max_examples=40, deadline=None)
@given(
    start=st.sampled_from(["built", "activated", "charged", "billed"]),
    gone=st.sets(st.integers(0, 20), max_size=4),
    data=st.data(),
)
def test_a_trial_never_changes_what_the_other_rules_say(documents, catalogue, start, gone, data):
    codes = data.draw(st.sets(st.sampled_from([rule.code for rule in catalogue.rules]), max_size=20))
    trace = Trace.model_validate(documents[start])
    trace = trace.model_copy(update={"facts": tuple(f for n, f in enumerate(trace.facts) if n not in gone)})
    trial = bind(RuleSet(bindings=tuple(Binding(Scope(code), Mode.DRY_RUN) for code in codes)), catalogue)
    without = Catalogue([rule for rule in catalogue.rules if rule.code not in codes])
    for one, other in zip(judge_all(trace, trial), judge_all(trace, without), strict=True):
        assert (one.verdict, one.missing, one.findings) == (other.verdict, other.missing, other.findings)


@settings(max_examples=30, deadline=None)
@given(start=st.sampled_from(["built", "charged", "billed"]), gone=st.sets(st.integers(0, 20), max_size=4))
def test_looser_modes_never_make_a_verdict_worse(documents, catalogue, start, gone):
    trace = Trace.model_validate(documents[start])
    trace = trace.model_copy(update={"facts": tuple(f for n, f in enumerate(trace.facts) if n not in gone)})
    ranks = []
    for mode in Mode:
        judgements = judge_all(trace, bind(RuleSet(bindings=(Binding(Scope(), mode),)), catalogue))
        ranks.append([list(Verdict).index(one.verdict) for one in judgements])
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize(
    ("rows", "severity"),
    [
        ("[{rule: ACT-006, mode: warn}, {rule: ACT-006, productLine: OFF-*, mode: enforce}]", Severity.HOLD),
        ("[{rule: ACT-006, mode: warn}, {rule: ACT-006, productLine: BIZ-*, mode: enforce}]", Severity.WARN),
        ("[{rule: ACT-006, productLine: OFF-*, mode: warn}, {rule: ACT-006, productLine: OFF-500, mode: enforce}]",
         Severity.HOLD),
        ("[{rule: '*', mode: enforce}, {rule: ACT, mode: warn}]", Severity.WARN),
        ("[{rule: ACT, mode: enforce}, {rule: ACT-006, mode: warn}]", Severity.WARN),
        ("[{rule: ACT-006, adapter: probe, mode: warn}]", Severity.WARN),
        ("[{rule: ACT-006, adapter: elsewhere, mode: warn}]", Severity.HOLD),
        ("[{rule: ACT-006, landscape: north, mode: warn}]", Severity.WARN),
        ("[{rule: ACT-006, landscape: south, mode: warn}]", Severity.HOLD),
        ("[{rule: ACT-006, tenant: t1, mode: warn}]", Severity.WARN),
        ("[{rule: ACT-006, tenant: t2, mode: warn}]", Severity.HOLD),
    ],
)  # fmt: skip
def test_the_most_specific_row_wins(bound, trace_of, rows, severity):
    trace = trace_of("charged", HALF)
    source = next(fact for fact in trace.facts if fact.id == "F-active").source.system
    rows = rows.replace("probe", source)
    judgements = judge_all(trace, bound(f"bindings: {rows}", landscape="north", tenant="t1"))
    assert [finding.severity for finding in of_rule(judgements, "ACT-006")] == [severity]


def test_a_finding_about_several_items_is_taken_as_the_strictest_of_them(bound, trace_of):
    early = {"product_order.requested_start": "2025-06-01T00:00:00+00:00"}
    loose = bound("bindings: [{rule: ORD-007, productLine: OFF-*, mode: 'off'}]")
    assert of_rule(judge_all(trace_of("ordered", early), Catalogue.load()), "ORD-007")
    assert not of_rule(judge_all(trace_of("ordered", early), loose), "ORD-007")
    second = {"product_order.items[+]": {"id": "2", "action": "add", "offering": {"id": "BIZ-1"}}}
    assert of_rule(judge_all(trace_of("ordered", {**early, **second}), loose), "ORD-007")


def test_the_order_of_rows_means_nothing(rule_set):
    rows = [
        "{rule: ACT-006, mode: warn}",
        "{rule: ACT, mode: 'off'}",
        "{rule: ACT-006, productLine: BIZ-*, mode: enforce}",
    ]
    assert rule_set(f"bindings: [{', '.join(rows)}]") == rule_set(f"bindings: [{', '.join(reversed(rows))}]")


def test_an_unknown_fact_of_a_warning_does_not_hold(catalogue, trace_of):
    """Rules, not gates: what a gate itself requires is required whatever a rule set says."""
    for code in ("ACT-001", "ORD-011", "BLD-009", "CLO-003"):
        rule = catalogue.rule(code)
        alone = Catalogue([rule])
        for base in ("ordered", "built", "activated"):
            trace = trace_of(base)
            for mode in (Mode.WARN, Mode.DRY_RUN, Mode.OFF):
                loose = bind(RuleSet(bindings=(Binding(Scope(code), mode),)), alone)
                nothing = judge_all(trace, Catalogue([]))
                assert [one.missing for one in judge_all(trace, loose)] == [one.missing for one in nothing]


# -- parameters ------------------------------------------------------------------------------------------------------


def test_a_parameter_is_for_its_product_line(bound, trace_of):
    trace = trace_of("charged", A_LITTLE_LESS)
    assert not of_rule(judge_all(trace, Catalogue.load()), "ACT-006")
    elsewhere = bound("parameters: [{rule: ACT-006, productLine: BIZ-*, set: {rateTolerancePercent: 5}}]")
    assert not of_rule(judge_all(trace, elsewhere), "ACT-006")
    here = bound("parameters: [{rule: ACT-006, productLine: OFF-*, set: {rateTolerancePercent: 5}}]")
    assert of_rule(judge_all(trace, here), "ACT-006")
    longer = bound(
        "parameters: [{rule: ACT-006, productLine: OFF-*, set: {rateTolerancePercent: 5}},"
        " {rule: ACT-006, productLine: OFF-500, set: {rateTolerancePercent: 8}}]"
    )
    assert not of_rule(judge_all(trace, longer), "ACT-006")


@pytest.mark.parametrize(
    ("start", "changes", "row", "code"),
    [
        ("ordered", {"product_order.requested_start": "2026-02-20T00:00:00+00:00"},
         "{rule: ORD-007, set: {backdateDays: 5}}", "ORD-007"),
        ("billed", {"product_order.state": "completed"}, "{rule: BIL-008, set: {proration: none}}", "BIL-008"),
    ],
)  # fmt: skip
def test_a_parameter_of_a_rule_is_obeyed_by_it(bound, trace_of, start, changes, row, code):
    trace = trace_of(start, changes)
    assert not of_rule(judge_all(trace, Catalogue.load()), code)
    assert of_rule(judge_all(trace, bound(f"parameters: [{row}]")), code)


# -- waivers ---------------------------------------------------------------------------------------------------------

WAIVER = "waivers: [{{rule: ACT-006, {what}, reason: known line, until: {until}, who: j.doe}}]"


@pytest.mark.parametrize("what", ["subject: 'item:1'", "productLine: OFF-*", "productLine: '*'", "order: PO-*"])
def test_a_waived_finding_is_a_warning_that_names_the_waiver(bound, trace_of, what):
    trace = trace_of(
        "charged", {**HALF, "product_order.external_ids": [{"value": "PO-7"}], "now": "2026-05-01T00:00:00Z"}
    )
    judgements = judge_all(trace, bound(WAIVER.format(what=what, until="2026-12-31")))
    (finding,) = of_rule(judgements, "ACT-006")
    assert finding.severity is Severity.WARN
    assert finding.waiver == "waived by j.doe until 2026-12-31: known line"
    assert finding.waiver in finding.reason


@pytest.mark.parametrize("what", ["subject: 'item:2'", "productLine: BIZ-*", "order: X-*", "subject: productOrder"])
def test_a_waiver_of_something_else_waives_nothing(bound, trace_of, what):
    judgements = judge_all(trace_of("charged", HALF), bound(WAIVER.format(what=what, until="2999-12-31")))
    (finding,) = of_rule(judgements, "ACT-006")
    assert (finding.severity, finding.waiver) == (Severity.HOLD, None)


@pytest.mark.parametrize(
    ("until", "now", "holds"),
    [
        ("2026-04-30", "2026-04-30T23:59:00+02:00", False),
        ("2026-04-30", "2026-05-01T00:00:00+02:00", True),
        ("2026-04-30", "2026-04-30T22:30:00Z", True),  # it is May already in the trace's zone
        ("'2026-04-30T12:00:00Z'", "2026-04-30T11:59:59Z", False),
        ("'2026-04-30T12:00:00Z'", "2026-04-30T14:00:00+02:00", True),
    ],
)
def test_a_waiver_ends(bound, trace_of, until, now, holds):
    trace = trace_of("charged", {**HALF, "now": now, "zone": "Europe/Berlin"})
    (finding,) = of_rule(
        judge_all(trace, bound(WAIVER.format(what="order: '*'", until=until).replace("'*'", "'P*'"))), "ACT-006"
    )
    assert (finding.severity is Severity.HOLD) is holds


def test_the_clock_means_nothing_to_a_waiver(bound, trace_of):
    past = trace_of("charged", {**HALF, "now": "2026-04-02T00:00:00Z"})
    assert past.now < datetime.now(UTC)
    (finding,) = of_rule(judge_all(past, bound(WAIVER.format(what="productLine: '*'", until="2026-04-03"))), "ACT-006")
    assert finding.severity is Severity.WARN


# -- patterns --------------------------------------------------------------------------------------------------------

WORDS = st.text(alphabet="AB-", min_size=0, max_size=4)


@given(
    one=st.tuples(WORDS, st.booleans()).map(lambda row: Pattern(*row)),
    other=st.tuples(WORDS, st.booleans()).map(lambda row: Pattern(*row)),
    word=WORDS,
)
def test_patterns_of_one_weight_never_fit_the_same_word_and_inclusion_is_true(one, other, word):
    if one != other and one.weight == other.weight:
        assert not (one.matches(word) and other.matches(word))
    if one.includes(other) and other.matches(word):
        assert one.matches(word)

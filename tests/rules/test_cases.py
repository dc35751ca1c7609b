"""Every rule against its cases: `fail` yields its code; `pass` and `benign`, the harmless look-alikes, do not.

A cases file is tests/rules/<gate folder>/<CODE>/cases.yaml. `set` and `drop` take paths such as
`product_order.items[0].state`, `facts[site.qualified].value.result`, `facts[+]`. A benign case is also asked of the
whole catalogue, which has to find nothing above a warning, unless it says `alone: true`.
"""

from pathlib import Path

from gateway.canonical.judgement import Severity, Verdict
from gateway.rules.engine import Catalogue, judge_all

KINDS = ("pass", "fail", "benign")


def findings(trace, catalogue):
    return [finding for judgement in judge_all(trace, catalogue) for finding in judgement.findings]


def test_a_case_is_judged_as_it_says(code, kind, case, catalogue, trace_of):
    rule = catalogue.rule(code)
    assert rule is not None, f"no rule has the code {code}"
    trace = trace_of(case["base"], case.get("set"), case.get("drop"))
    found = findings(trace, Catalogue([rule]))
    assert not [f for f in found if f.reason.startswith("rule error")]
    assert bool(found) is (kind == "fail"), found
    paths = case.get("paths")
    assert paths is None or sorted(paths) == sorted(f.path for f in found)
    if kind == "benign" and not case.get("alone"):
        assert not [f for f in findings(trace, catalogue) if f.severity is not Severity.WARN]


def test_each_rule_has_cases_of_all_three_kinds(some_rule):
    folder = some_rule.gate.value.replace("-", "_") if some_rule.gate else "*"
    files = list(Path(__file__).parent.glob(f"{folder}/{some_rule.code}/cases.yaml"))
    assert len(files) == 1, f"tests/rules/{folder}/{some_rule.code}/cases.yaml is not there"


def test_a_cases_file_has_all_three_kinds_and_a_rule(cases_file, catalogue):
    code, cases = cases_file
    assert catalogue.rule(code) is not None
    assert set(cases) == set(KINDS)
    assert all(cases[kind] for kind in KINDS)
    names = [case["name"] for kind in KINDS for case in cases[kind]]
    assert len(names) == len(set(names))


def test_a_base_has_no_findings_and_only_its_last_gate_may_wait(base, catalogue, trace_of):
    judgements = judge_all(trace_of(base), catalogue)
    assert [finding for judgement in judgements for finding in judgement.findings] == []
    assert [judgement.gate for judgement in judgements[:-1] if judgement.verdict is not Verdict.ADVANCE] == []
    assert (judgements[-1].missing == ()) is (base != "built")

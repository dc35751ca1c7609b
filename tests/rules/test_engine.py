"""The engine: three values, facts that are needed, gates that findings belong to, rules that break."""

import pytest

from gateway.canonical.fact import PREDICATES, FactKey
from gateway.canonical.judgement import Gate, Severity, Verdict
from gateway.canonical.states import BlockedBy
from gateway.ports.errors import SetupError
from gateway.rules.engine import Catalogue, gates_of, judge, judge_all
from gateway.rules.rule import Problem, rule

NOTHING = Catalogue([])


def written(code="TST-001", gate=Gate.INTAKE, severity=Severity.HOLD, reads=(), **more):
    """Register a check under a code of its own, with a docstring that has every section."""

    def register(check):
        check.__doc__ = (
            "Something is wrong.\n\nWhat it checks: a\nWhy it matters: b\nPasses: c\nFails: d\n"
            "Harmless look-alike: e\nHow to fix: do it right.\n"
        )
        return rule(code, gate=gate, severity=severity, reads=reads, since="0.1", level=8, **more)(check)

    return register


def says(*problems, **how):
    @written(**how)
    def check(ctx):
        yield from problems

    return Catalogue([check])


# -- three values ----------------------------------------------------------------------------------------------------


def test_a_gate_advances_when_nothing_is_missing_and_nothing_found(trace_of):
    answer = judge(trace_of("ordered"), Gate.INTAKE, NOTHING)
    assert (answer.verdict, answer.missing, answer.findings) == (Verdict.ADVANCE, (), ())


def test_a_gate_holds_for_exactly_the_fact_that_is_absent(trace_of):
    answer = judge(trace_of("ordered", drops=["facts[site.qualified]"]), Gate.INTAKE, NOTHING)
    assert answer.verdict is Verdict.HOLD
    assert answer.missing == (FactKey("site.qualified", "item:1"),)
    assert str(answer.missing[0]) == "site.qualified item:1"


@pytest.mark.parametrize("predicate", ["party.identified", "account.open", "address.resolved", "order.accepted"])
def test_a_fact_that_cannot_be_there_yet_holds_nothing(trace_of, predicate):
    trace = trace_of("ordered", drops=[f"facts[{predicate}]"])
    assert judge(trace, Gate.INTAKE, NOTHING).verdict is Verdict.HOLD
    assert judge(trace, Gate.INTAKE, NOTHING, not_yet=frozenset({predicate})).verdict is Verdict.ADVANCE


def test_a_star_stands_for_every_predicate_that_begins_so(trace_of):
    trace = trace_of("activated", drops=["facts[service.ready]", "facts[F-active]", "facts[F-active-said]"])
    gate = Gate.BUILD_TO_ACTIVATION
    assert {key.predicate for key in judge(trace, gate, NOTHING).missing} == {"service.ready", "service.activated"}
    assert judge(trace, gate, NOTHING, not_yet=frozenset({"service.*"})).verdict is Verdict.ADVANCE


def test_a_finding_rejects_holds_or_only_warns(trace_of):
    trace = trace_of("ordered")
    for severity, verdict in (
        (Severity.WARN, Verdict.ADVANCE),
        (Severity.HOLD, Verdict.HOLD),
        (Severity.REJECT, Verdict.REJECT),
    ):
        answer = judge(trace, Gate.INTAKE, says(Problem("product_order.id", "so it is"), severity=severity))
        assert answer.verdict is verdict
        assert [f.severity for f in answer.findings] == [severity]
        assert answer.findings[0].fix == "do it right."
        assert answer.rules == ("TST-001",)


def test_a_problem_may_have_a_severity_and_a_remedy_of_its_own(trace_of):
    said = says(Problem("product_order.id", "so it is", (), "another", Severity.WARN), severity=Severity.REJECT)
    answer = judge(trace_of("ordered"), Gate.INTAKE, said)
    assert answer.verdict is Verdict.ADVANCE
    assert (answer.findings[0].severity, answer.findings[0].fix) == (Severity.WARN, "another")


def test_a_fact_that_a_rule_needs_and_nobody_stated_makes_the_verdict_unknown(trace_of):
    @written()
    def check(ctx):
        if ctx.fact("credit.ok", "productOrder") is None:
            return
        yield Problem("facts[0]", "never")

    trace = trace_of("ordered")
    answer = judge(trace, Gate.INTAKE, Catalogue([check]))
    assert (answer.verdict, answer.missing, answer.findings) == (
        Verdict.HOLD,
        (FactKey("credit.ok", "productOrder"),),
        (),
    )
    assert judge(trace, Gate.INTAKE, Catalogue([check]), not_yet=frozenset({"credit.ok"})).verdict is Verdict.ADVANCE


def test_a_look_holds_nothing(trace_of):
    @written()
    def check(ctx):
        assert ctx.seen("credit.ok", "productOrder") is None
        yield from ()

    assert judge(trace_of("ordered"), Gate.INTAKE, Catalogue([check])).verdict is Verdict.ADVANCE


def test_an_unknown_of_a_later_fact_holds_the_gate_of_that_fact(trace_of):
    @written(gate=Gate.INTAKE)
    def check(ctx):
        ctx.fact("acceptance.given", "item:1")
        yield from ()

    by_gate = {one.gate: one.missing for one in judge_all(trace_of("charged"), Catalogue([check]))}
    assert by_gate[Gate.ACTIVATION_TO_BILLING] == (FactKey("acceptance.given", "item:1"),)
    assert by_gate[Gate.INTAKE] == ()


# -- rules that are asked --------------------------------------------------------------------------------------------


def test_a_rule_is_asked_only_where_its_parts_are(trace_of):
    catalogue = says(Problem("rates[0]", "x"), reads=("rates",))
    assert judge(trace_of("ordered"), Gate.INTAKE, catalogue).rules == ()
    assert "TST-001" in judge(trace_of("charged"), Gate.ACTIVATION_TO_BILLING, catalogue).rules


def test_either_of_two_parts_will_do(trace_of):
    catalogue = says(reads=("bills|service_orders",))
    assert judge(trace_of("ordered"), Gate.ORDER_TO_BUILD, catalogue).rules == ()
    assert judge(trace_of("built"), Gate.ORDER_TO_BUILD, catalogue).rules == ("TST-001",)


def test_a_rule_that_breaks_holds_its_own_gate_and_the_others_go_on(trace_of):
    @written("TST-001", severity=Severity.WARN)
    def breaks(ctx):
        yield Problem("product_order.id", "said before it broke")
        raise TypeError("a secret of the customer")

    @written("TST-002", severity=Severity.REJECT)
    def works(ctx):
        yield Problem("product_order.id", "found")

    answer = judge(trace_of("ordered"), Gate.INTAKE, Catalogue([breaks, works]))
    assert [(f.code, f.severity) for f in answer.findings] == [
        ("TST-001", Severity.HOLD),
        ("TST-001", Severity.WARN),
        ("TST-002", Severity.REJECT),
    ]
    broken = answer.findings[0]
    assert broken.reason.startswith("rule error")
    assert "secret" not in broken.reason + broken.fix
    alone = judge(trace_of("ordered"), Gate.INTAKE, Catalogue([breaks]))
    assert alone.verdict is Verdict.HOLD


def test_a_rule_whose_docstring_lacks_a_section_is_not_registered():
    def check(ctx):
        """Something is wrong.

        What it checks: a
        """
        yield from ()

    with pytest.raises(SetupError, match="Why it matters"):
        rule("TST-001", gate=None, severity=Severity.WARN, reads=(), since="0.1", level=1)(check)


def test_a_rule_that_reads_what_no_trace_has_is_not_registered():
    with pytest.raises(SetupError, match="weather"):
        says(reads=("weather",))


def test_a_code_is_never_used_twice():
    @written("TST-001")
    def one(ctx):
        yield from ()

    @written("TST-001")
    def other(ctx):
        yield from ()

    with pytest.raises(SetupError, match="TST-001"):
        Catalogue([one, other])


# -- gates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "related", "own", "gate"),
    [
        ("product_order.items[0].state", (), None, Gate.INTAKE),
        ("reference.offerings[0]", (), None, Gate.INTAKE),
        ("service_orders[0].items[0].service", (), None, Gate.ORDER_TO_BUILD),
        ("rates[0]", (), None, Gate.ACTIVATION_TO_BILLING),
        ("bills[0]", (), None, Gate.BILLING_TO_CLOSE),
        ("ledger[0]", (), None, Gate.BILLING_TO_CLOSE),
        ("facts[site.qualified].value.result", (), None, Gate.INTAKE),
        ("facts[F-active].value.downstreamRate", (), None, Gate.BUILD_TO_ACTIVATION),
        ("facts[F-active].value", (), Gate.ACTIVATION_TO_BILLING, Gate.ACTIVATION_TO_BILLING),
        ("product_order.items[0]", ("service_orders[0]",), None, Gate.ORDER_TO_BUILD),
        ("product_order.items[0]", ("rates[0]", "service_orders[0]"), Gate.INTAKE, Gate.ACTIVATION_TO_BILLING),
    ],
)
def test_a_finding_belongs_to_the_first_gate_at_which_all_its_parts_are(trace_of, path, related, own, gate):
    trace = trace_of("billed")
    ids = {fact.id: n for n, fact in enumerate(trace.facts)} | {fact.predicate: n for n, fact in enumerate(trace.facts)}
    for name, number in ids.items():
        path = path.replace(f"facts[{name}]", f"facts[{number}]")
    catalogue = says(Problem(path, "x", related), gate=own)
    found = {one.gate: one.findings for one in judge_all(trace, catalogue) if one.findings}
    assert list(found) == [gate]
    assert found[gate][0].gate is gate
    assert judge(trace, gate, catalogue).findings == found[gate]
    for other in Gate:
        if other is not gate:
            assert judge(trace, other, catalogue).findings == ()


@pytest.mark.parametrize(
    ("start", "count"), [("ordered", 1), ("built", 3), ("activated", 3), ("charged", 4), ("billed", 5)]
)
def test_gates_are_judged_up_to_the_first_part_that_is_absent(trace_of, start, count):
    trace = trace_of(start)
    assert gates_of(trace) == tuple(Gate)[:count]
    assert [one.gate for one in judge_all(trace, NOTHING)] == list(Gate)[:count]


def test_a_part_that_is_there_and_empty_opens_its_gate(trace_of):
    trace = trace_of("built", {"rates": [], "bills": []})
    assert gates_of(trace) == tuple(Gate)


def test_a_finding_of_a_gate_that_is_not_judged_is_said_at_the_last_one(trace_of):
    answers = judge_all(trace_of("activated"), says(Problem("facts[0]", "x"), gate=Gate.ACTIVATION_TO_BILLING))
    assert [len(one.findings) for one in answers] == [0, 0, 1]
    assert answers[-1].findings[0].gate is Gate.BUILD_TO_ACTIVATION


def test_a_later_gate_is_judged_where_an_earlier_one_failed(trace_of):
    trace = trace_of("charged", drops=["facts[site.qualified]", "facts[F-charge]"])
    by_gate = {one.gate: one.verdict for one in judge_all(trace, NOTHING)}
    assert by_gate[Gate.INTAKE] is Verdict.HOLD
    assert by_gate[Gate.ORDER_TO_BUILD] is Verdict.ADVANCE
    assert by_gate[Gate.ACTIVATION_TO_BILLING] is Verdict.HOLD


# -- facts -----------------------------------------------------------------------------------------------------------


def reading(predicate, subject="item:1"):
    seen = []

    @written()
    def check(ctx):
        seen.append(ctx.seen(predicate, subject))
        yield from ()

    return Catalogue([check]), seen


def said(settings_, trace_of, base="ordered", predicate="site.qualified"):
    catalogue, seen = reading(predicate)
    judge(trace_of(base, settings_), Gate.INTAKE, catalogue)
    return seen[0]


def another(**more):
    return {
        "id": "F-2",
        "predicate": "site.qualified",
        "subject": "item:1",
        "value": {"result": "unqualified"},
        "observed_at": "2026-02-01T00:00:00+00:00",
        "source": {"system": "other"},
        **more,
    }


def test_a_superseded_fact_is_not_read_even_if_it_is_newer(trace_of):
    assert said({}, trace_of).id == "F-site"
    assert said({"facts[+]": another()}, trace_of).id == "F-site"
    assert said({"facts[+]": another(supersedes="F-site", reason="typing error")}, trace_of).id == "F-2"


def test_a_fact_superseded_by_two_or_in_a_chain_is_not_read(trace_of):
    chain = {
        "facts[+]": another(supersedes="F-site"),
        "facts[+] ": another(id="F-3", supersedes="F-2"),
    }
    assert said(chain, trace_of).id == "F-3"


def test_the_most_trusted_then_the_newest_statement_is_read(trace_of):
    newer = another(observed_at="2026-03-01T09:30:00+00:00")
    assert said({"facts[+]": newer}, trace_of).id == "F-2"
    assert said({"facts[+]": newer, "facts[F-site].assurance": "verified"}, trace_of).id == "F-site"


def test_what_wire_and_reference_prove_is_not_missing(trace_of):
    for base, gate, drop in (
        ("ordered", Gate.INTAKE, "facts[offer.valid]"),
        ("built", Gate.ORDER_TO_BUILD, "facts[decomposition.complete]"),
        ("charged", Gate.ACTIVATION_TO_BILLING, "facts[rate.created]"),
        ("billed", Gate.BILLING_TO_CLOSE, "facts[bill.balanced]"),
        ("billed", Gate.BILLING_TO_CLOSE, "facts[ledger.posted]"),
    ):
        assert judge(trace_of(base, drops=[drop]), gate, NOTHING).missing == ()


def test_an_offer_that_no_catalogue_knows_has_to_be_stated(trace_of):
    trace = trace_of("ordered", {"reference.offerings": None}, ["facts[offer.valid]"])
    assert FactKey("offer.valid", "item:1") in judge(trace, Gate.INTAKE, NOTHING).missing


def test_a_judgement_names_the_facts_that_were_read(trace_of):
    catalogue, _ = reading("site.qualified")
    assert judge(trace_of("ordered"), Gate.INTAKE, catalogue).facts == ("F-site",)


# -- what applies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["cancelled", "rejected", "failed"])
def test_an_item_that_came_to_an_end_needs_nothing_further(trace_of, state):
    trace = trace_of(
        "ordered",
        {
            "product_order.items[0].state": state,
            "product_order.state": state,
            "service_orders": [],
            "rates": [],
            "bills": [],
        },
    )
    trace = trace.model_copy(update={"facts": ()})
    assert [one.verdict for one in judge_all(trace, NOTHING)] == [Verdict.ADVANCE] * 5


def test_what_was_built_for_a_cancelled_item_has_to_be_given_back(trace_of):
    trace = trace_of("activated", {"product_order.state": "cancelled", "product_order.items[0].state": "cancelled"})
    answer = judge(trace, Gate.BUILD_TO_ACTIVATION, NOTHING)
    assert set(answer.missing) == {FactKey("service.ceased", "item:1"), FactKey("resource.released", "item:1")}


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ({"action": "delete"}, {"service.ceased", "resource.released"}),
        ({"action": "modify", "product": {"id": "PR-1", "status": "suspended"}}, {"service.suspended"}),
        ({"action": "modify", "product": {"id": "PR-1", "status": "active"}}, {"service.resumed"}),
        (
            {
                "action": "modify",
                "product": {"id": "PR-1", "characteristics": [{"name": "downstreamRate", "value": "1 Gbit/s"}]},
            },
            {"service.activated"},
        ),
        ({"action": "noChange", "product": {"id": "PR-1"}}, set()),
    ],
)
def test_a_change_needs_what_shows_that_it_was_done(trace_of, change, needs):
    trace = trace_of("built", {"product_order.items[0]": {"id": "1", **change}})
    missing = judge(trace.model_copy(update={"facts": ()}), Gate.BUILD_TO_ACTIVATION, NOTHING).missing
    assert {key.predicate for key in missing} == needs


def test_a_service_order_from_outside_is_judged_alone(trace_of):
    trace = trace_of("built", {"product_order": None}).model_copy(update={"facts": ()})
    assert gates_of(trace) == tuple(Gate)[:3]
    answers = judge_all(trace, NOTHING)
    assert answers[0].verdict is Verdict.ADVANCE
    assert FactKey("service.activated", "item:1") in answers[2].missing
    found = judge_all(trace, says(Problem("service_orders[0].state", "x"), gate=None))
    assert [len(one.findings) for one in found] == [1, 0, 0]


def test_what_waits_for_the_customer_alone_is_the_customers(trace_of):
    trace = trace_of("ordered")
    asks = says(Problem("product_order.id", "x"), blocked_by=BlockedBy.CUSTOMER)
    assert judge(trace, Gate.INTAKE, asks).blocked_by is BlockedBy.CUSTOMER
    both = trace_of("ordered", drops=["facts[site.qualified]"])
    assert judge(both, Gate.INTAKE, asks).blocked_by is BlockedBy.PROVIDER
    assert judge(trace, Gate.INTAKE, NOTHING).blocked_by is BlockedBy.PROVIDER


def test_the_wire_alone_is_judged_without_any_fact(trace_of, catalogue):
    trace = trace_of("ordered", {"reference": {}}).model_copy(update={"facts": ()})
    answer = judge(trace, Gate.INTAKE, catalogue, not_yet=PREDICATES)
    assert (answer.verdict, answer.findings) == (Verdict.ADVANCE, ())

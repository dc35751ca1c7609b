"""What a hold becomes: one exception for each fingerprint, alike for orders with one cause."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.exceptions import FaultClass, Origin
from gateway.canonical.fact import FactKey, Source
from gateway.canonical.judgement import Finding, Gate, Severity
from gateway.canonical.reference import Reference
from gateway.canonical.states import BlockedBy, ItemAction, OrderState
from gateway.lifecycle.exceptions.causes import shared_only
from gateway.lifecycle.exceptions.recording import Subject, cases_of, normal_path, refused_cases
from gateway.lifecycle.exceptions.stake import family_of, monthly_of
from tests.lifecycle.exceptions.conftest import T0, price

CRM = Source(system="crm", adapter="crm@0.1", vocabulary="account-state@4")


@pytest.fixture
def subject(an_order, terms):
    return Subject("order-1", an_order(), (), Reference(), terms)


def test_equal_causes_look_equal_whatever_the_order_says(an_order, terms, a_finding, a_hold):
    one = Subject("order-1", an_order(), (), Reference(), terms)
    two = Subject("order-2", an_order("order-2", "FIBRE-500"), (), Reference(), terms)
    related = ("product_order.items[0]",)
    said = a_finding(reason="item 7 is charged 2226.00 EUR, but 22.26 EUR is agreed for it", related=related)
    other = a_finding(path="rates[0].net", observed="3999.00 EUR", expected="39.99 EUR", related=related)
    (first,), (second,) = cases_of(one, a_hold(said)), cases_of(two, a_hold(other, order_id="order-2"))
    assert first.fingerprint == second.fingerprint
    assert first.signature.value == "ratio≈100"
    assert first.signature.family == "CFS-FTTH"
    assert first.signature.path == "rates[*].net"
    assert len(first.fingerprint) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"code": "BIL-005"},
        {"path": "rates[3].gross"},
        {"observed": "1 EUR"},
        {"source": CRM},
        {"source": CRM.model_copy(update={"vocabulary": "rate-unit@1"})},
        {"gate": Gate.BILLING_TO_CLOSE},
    ],
)
def test_another_cause_looks_different(subject, a_finding, a_hold, change):
    plain = {"observed": "2226.00 EUR", "expected": "22.26 EUR"}
    gate = change.pop("gate", Gate.ACTIVATION_TO_BILLING)
    prints = {
        case.fingerprint
        for hold in (a_hold(a_finding(**plain)), a_hold(a_finding(**(plain | change)), gate=gate))
        for case in cases_of(subject, hold)
    }
    assert len(prints) == 2


def test_a_newer_vocabulary_is_the_same_cause(subject, a_finding, a_hold):
    newer = CRM.model_copy(update={"vocabulary": "account-state@5", "adapter": "crm@0.2"})
    (one,), (two,) = (cases_of(subject, a_hold(a_finding(source=source))) for source in (CRM, newer))
    assert one.fingerprint == two.fingerprint
    assert (one.vocabulary, two.vocabulary) == ("account-state@4", "account-state@5")


def test_a_missing_fact_is_known_by_its_predicate(subject, a_hold):
    keys = (
        FactKey("charge.started", "item:7"),
        FactKey("charge.started", "item:8"),
        FactKey("credit.ok", "productOrder"),
    )
    cases = cases_of(subject, a_hold(missing=keys))
    assert [case.signature.value for case in cases] == [
        "missing:charge.started",
        "missing:charge.started",
        "missing:credit.ok",
    ]
    assert {case.fault_class for case in cases} == {FaultClass.MISSING_FACT}
    assert cases[0].signature.path == "item:*"
    assert cases[2].known_at is Gate.INTAKE


def test_a_code_that_a_table_lacks_is_one_cause_for_all_that_is_sold(an_order, terms, a_finding, a_hold):
    source = Source(system="field", vocabulary="field-status@1")
    lacks = a_finding("VOC-001", path="item:7", observed="JEPX", source=source)
    prints = set()
    for offering in ("FIBRE-100", "VOICE"):
        subject = Subject("order-1", an_order(offering=offering), (), Reference(), terms)
        (case,) = cases_of(subject, a_hold(lacks))
        assert (case.signature.value, case.origin) == ("unknown-code:JEPX", Origin.FAULT)
        assert case.signature.vocabulary == "field-status"
        prints.add(case.fingerprint)
    assert len(prints) == 1


def test_what_only_warns_is_no_exception(subject, a_finding, a_hold):
    assert cases_of(subject, a_hold(a_finding(severity=Severity.WARN))) == ()


def test_an_order_refused_at_the_door_is_over_as_soon_as_it_is_said(subject, a_finding):
    (case,) = refused_cases(subject, Gate.INTAKE, [a_finding("ORD-015", severity=Severity.REJECT)], T0)
    assert (case.origin, case.closed_at, case.fault_class) == (Origin.REJECT, T0, FaultClass.IDENTITY)


@given(st.lists(st.sampled_from(["product_order", "items[3]", "facts[12]", "value", "[0]"]), max_size=6).map(".".join))
def test_no_index_is_left_in_a_normal_path(path):
    assert not any(character.isdigit() for character in normal_path(path))


def test_ids_of_items_and_bills_are_left_out_of_paths():
    assert normal_path("item:4711") == "item:*"
    assert normal_path("bill:0193-ab") == "bill:*"


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=80))
def test_any_finding_has_a_fingerprint(observed, expected, path):
    said = Finding(
        code="ORD-001", severity=Severity.HOLD, gate=Gate.INTAKE, path=path, reason=observed, fix="",
        observed=observed, expected=expected,
    )  # fmt: skip
    (case,) = refused_cases(Subject("o", None, (), Reference(), None), Gate.INTAKE, [said], T0)
    assert len(case.fingerprint) == 64


# -- one step ----------------------------------------------------------------------------------------------------------


def test_a_hold_opens_its_exceptions_with_it_and_its_release_ends_them(a_draft, a_finding, a_judgement):
    draft = a_draft()
    draft.hold(a_judgement(a_finding(observed="2226.00 EUR", expected="22.26 EUR")))
    change = draft.finish()
    (case,), (hold,) = change.opened, change.holds
    assert hold.fingerprints == (case.fingerprint,)
    assert (case.order_id, case.opened_at, case.monthly) == ("order-1", T0, {"EUR": 2999})
    later = a_draft([hold], minutes=5)
    later.release("charge reported")
    change = later.finish()
    (ended,) = change.closed
    assert (ended.fingerprint, ended.cause) == (case.fingerprint, "charge reported")
    assert ended.at == T0 + timedelta(minutes=5)
    assert change.opened == ()


def test_an_order_found_as_before_keeps_its_exception_and_its_age(a_draft, a_finding, a_judgement):
    draft = a_draft()
    draft.hold(a_judgement(a_finding(observed="2226.00 EUR", expected="22.26 EUR")))
    (hold,) = draft.finish().holds
    again = a_draft([hold], minutes=90)
    again.hold(a_judgement(a_finding(path="rates[5].net", observed="1100.00 EUR", expected="11.00 EUR")))
    change = again.finish()
    assert (change.opened, change.closed) == ((), ())
    assert [one.released_at is None for one in change.holds] == [False, True]


def test_what_is_found_in_addition_opens_and_what_is_gone_ends(a_draft, a_finding, a_judgement):
    draft = a_draft()
    draft.hold(a_judgement(a_finding(), missing=(FactKey("charge.started", "item:7"),)))
    (hold,) = draft.finish().holds
    assert len(hold.fingerprints) == 2
    again = a_draft([hold], minutes=90)
    again.hold(a_judgement(a_finding(), a_finding("BIL-005")))
    change = again.finish()
    assert [case.signature.rule for case in change.opened] == ["BIL-005@1"]
    assert len(change.closed) == 1


def test_another_clock_runs_where_the_customer_is_waited_for(a_draft, a_finding, a_judgement):
    draft = a_draft()
    draft.hold(a_judgement(a_finding()))
    (hold,) = draft.finish().holds
    again = a_draft([hold], minutes=90)
    again.hold(a_judgement(a_finding(), a_finding("X-1", severity=Severity.WARN), blocked_by=BlockedBy.CUSTOMER))
    change = again.finish()
    assert [case.blocked_by for case in change.opened] == [BlockedBy.CUSTOMER]
    assert len(change.closed) == 1


# -- what is at stake ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prices", "wanted"),
    [
        ((price("39.99"),), {"EUR": 3999}),
        ((price("120.00", period="year"),), {"EUR": 1000}),
        ((price("7.00", period="week"),), {"EUR": 3000}),
        ((price("3055", "JPY"),), {"JPY": 3055}),
        ((price("1.234", "KWD"), price("5.00")), {"EUR": 500, "KWD": 1234}),
        ((price("40.00", kind="nonRecurring"),), {}),
        ((price("40.00", period="fortnight"),), {}),
        ((price("40.00", "Euro"),), {}),
        ((price("1e308"),), {}),
        ((), {"EUR": 2999}),
    ],
)
def test_a_month_is_counted_in_minor_units_by_currency(an_order, terms, prices, wanted):
    assert monthly_of(an_order(prices=prices), Reference(), terms) == wanted


def test_what_is_ceased_or_dead_earns_nothing(an_order, terms):
    dead = an_order(prices=(price("39.99"),), state=OrderState.FAILED)
    assert monthly_of(dead, Reference(), terms) == {}
    item = an_order().items[0].model_copy(update={"action": ItemAction.DELETE})
    assert monthly_of(an_order().model_copy(update={"items": (item,)}), Reference(), terms) == {}


def test_a_quantity_counts_so_often(an_order, terms):
    assert monthly_of(an_order(prices=(price("10.00"),), quantity=3), Reference(), terms) == {"EUR": 3000}


def test_a_family_is_what_an_offering_is_made_of(terms):
    families = {name: family_of(offering, terms) for name, offering in terms.offerings.items()}
    assert families == {
        "FIBRE-100": "CFS-FTTH",
        "FIBRE-500": "CFS-FTTH",
        "VOICE": "CFS-VOICE",
        "BUNDLE": "CFS-FTTH+CFS-VOICE",
    }
    assert family_of(None, terms) == ""


def test_only_what_all_members_and_no_healthy_order_have_is_suspect():
    members = [frozenset({"a@2", "crm@1", "x@1"}), frozenset({"a@2", "crm@1"})]
    assert shared_only(members, [frozenset({"a@1", "crm@1"})]) == ("a@2",)
    assert shared_only(members, []) == ()

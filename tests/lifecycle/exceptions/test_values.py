"""Value classes say how two values differ, and never what they are."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.exceptions import FaultClass
from gateway.canonical.judgement import Finding, Gate, Severity
from gateway.lifecycle.exceptions.causes import suspected
from gateway.lifecycle.exceptions.classes import BY_CODE, BY_FAMILY, FAULTS, class_of
from gateway.lifecycle.exceptions.values import value_class
from gateway.rules.engine import Catalogue

DATA = yaml.safe_load((Path(__file__).parent / "values.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("observed", "expected", "wanted"), DATA["compared"])
def test_two_values_have_the_class_of_their_difference(observed, expected, wanted):
    assert value_class(observed, expected) == wanted


@pytest.mark.parametrize(("reason", "wanted"), DATA["in_words"])
def test_the_words_of_a_reason_serve_where_values_are_not_stated(reason, wanted):
    assert value_class(None, None, reason) == wanted


@given(st.integers(1, 10**6), st.sampled_from(["kbit/s", "Mbit/s", "Gbit/s"]))
def test_a_thousandth_is_one_class_whatever_the_rate(amount, unit):
    assert value_class(f"{amount} {unit}", f"{amount * 1000} {unit}") == "ratio≈0.001"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_any_text_has_a_class_and_shows_at_most_a_unit_of_itself(observed, expected, reason):
    found = value_class(observed, expected, reason)
    assert found
    assert len(found) < 60
    assert value_class(None, None, reason)


@given(st.decimals("0.01", "99999", places=2), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_minor_units_read_as_major_are_one_class_whatever_the_amount(amount, currency):
    assert value_class(f"{amount * Decimal(100)} {currency}", f"{amount} {currency}") == "ratio≈100"


def finding(code, reason="it differs"):
    return Finding(code=code, severity=Severity.HOLD, gate=Gate.INTAKE, path="", reason=reason, fix="")


def test_the_family_of_every_rule_has_a_class():
    families = {rule.code.partition("-")[0] for rule in Catalogue.load().rules}
    assert families <= BY_FAMILY.keys()


def test_overrides_name_rules_of_known_families():
    assert {code.partition("-")[0] for code in BY_CODE} <= BY_FAMILY.keys()


def test_the_first_table_that_knows_a_finding_decides():
    assert class_of(finding("VOC-001")) is FaultClass.UNKNOWN_VOCABULARY
    assert class_of(finding("BLD-003")) is FaultClass.IMBALANCE
    assert class_of(finding("BLD-004")) is FaultClass.CONTRADICTION
    assert class_of(finding("refused")) is FaultClass.TECHNICAL
    assert class_of(finding("SITE-77")) is FaultClass.CONTRADICTION
    assert class_of(finding("MON-005", "rule error: ZeroDivisionError: …")) is FaultClass.RULE_ERROR
    assert {FAULTS[code] for code in ("unreadable", "notSupported")} == {FaultClass.CAPABILITY}


def test_every_class_of_ratio_day_and_unit_has_a_usual_cause():
    from gateway.canonical.exceptions import Signature  # noqa: PLC0415

    for value in ["ratio≈1000", "ratio≈0.001", "ratio≈100", "Δday=1", "unit:mbps", "missing:credit.ok", "state:a→b"]:
        signature = Signature(rule="X-1@1", gate=Gate.INTAKE, value=value)
        assert suspected(signature, FaultClass.CONTRADICTION), value

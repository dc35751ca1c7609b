"""Fields of legacy systems: what they read and refuse, what they write back, and what a blank says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.quantity import UNITS
from gateway.vocabulary.fields.blank import MISSING, Blank, Misread
from gateway.vocabulary.fields.field import KINDS, field_of
from gateway.vocabulary.taxes import RATE_FORMS, percent_of, rate_in
from gateway.vocabulary.units import UCUM, ucum_of, unit_named

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - hypothesis takes naive bounds
CASES = yaml.safe_load((Path(__file__).parent / "fields.yaml").read_text(encoding="utf-8"))
STRICT = {"missing": "refuse", "null": "refuse", "empty": "refuse"}


def field(said, **blanks):
    return field_of("F", said | {"blanks": STRICT | blanks})


READ = [(case["field"], legacy, said) for case in CASES for legacy, said in case["reads"].items()]
REFUSED = [(case["field"], legacy) for case in CASES for legacy in case["refuses"]]


def test_every_kind_has_cases():
    assert {case["field"]["is"] for case in CASES} == set(KINDS)


@pytest.mark.parametrize(("said", "legacy", "canonical"), READ)
def test_a_value_is_read_and_written_back(said, legacy, canonical):
    spec = field(said)
    value = spec.read(legacy)
    assert spec.text(value) == str(canonical)
    assert spec.read(spec.write(value)) == value


@pytest.mark.parametrize(("said", "legacy"), REFUSED)
def test_what_is_written_otherwise_is_refused(said, legacy):
    with pytest.raises(Misread):
        field(said).read(legacy)


def test_missing_null_and_empty_are_three_things():
    day = {"is": "day", "zone": "UTC"}
    spec = field(day, missing="absent", null="none", sentinels={"9999-12-31": "none"})
    assert (spec.read(MISSING), spec.read(None)) == (Blank.ABSENT, Blank.NONE)
    assert spec.read("9999-12-31") is Blank.NONE
    with pytest.raises(Misread, match="says nothing"):
        spec.read("  ")


def test_a_sum_in_another_currency_than_its_field_says_is_refused():
    fixed = field({"is": "sum", "unit": "minor", "currency": "EUR", "basis": "included"})
    with pytest.raises(Misread, match="stands where sums are in EUR"):
        fixed.read("100", currency="USD")
    told = field({"is": "sum", "unit": "minor", "currency": "CURR", "basis": "included"})
    assert told.read("100", currency="JPY").amount == 100
    with pytest.raises(Misread, match="is not known"):
        told.read("100")


@given(st.sampled_from(sorted(CURRENCY_EXPONENTS)), st.integers(-(10**12), 10**12))
def test_every_sum_comes_back_from_either_way_of_writing(currency, minor):
    money = Money.of_minor(minor, currency)
    for unit, marks in (("minor", {}), ("major", {"decimal": ",", "thousands": "."})):
        spec = field({"is": "sum", "unit": unit, "currency": currency, "basis": "excluded", **marks})
        assert spec.read(spec.write(money)).amount == money.amount


@given(MOMENTS, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]))
def test_a_last_day_ends_when_the_next_begins(moment, zone):
    text = moment.date().isoformat()
    following = (moment.date() + timedelta(days=1)).isoformat()
    inclusive = field({"is": "day", "zone": zone, "end": "inclusive"})
    exclusive = field({"is": "day", "zone": zone, "end": "exclusive"})
    assert inclusive.read(text) == exclusive.read(following)
    assert inclusive.write(inclusive.read(text)) == text


@given(MOMENTS)
def test_an_instant_comes_back_from_every_form(moment):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    for form in ("iso", "epoch-seconds", "epoch-milliseconds"):
        spec = field({"is": "instant", "form": form})
        assert spec.read(spec.write(moment)) == moment


@given(st.decimals(0, 99, places=2), st.sampled_from(sorted(RATE_FORMS)))
def test_a_rate_of_tax_is_the_same_in_every_form(percent, form):
    assert percent_of(rate_in(percent, form), form) == percent


def test_every_unit_has_a_name_in_ucum_that_leads_back():
    for unit, row in UNITS.items():
        named = unit_named(ucum_of(unit))
        assert named is not None
        assert UNITS[named] == row
    assert unit_named("mbit/s") is None
    assert len(set(UCUM.values())) == len(UCUM)
    assert Decimal(8) * UNITS["bit/s"][1] != UNITS["byte"][1] or UNITS["bit/s"][0] != UNITS["byte"][0]

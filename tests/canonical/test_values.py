"""Money, quantities and ids are exact."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.ids import SHARDS, new_id, shard_of
from gateway.canonical.money import CURRENCY_EXPONENTS, Money, exact
from gateway.canonical.quantity import Quantity, UnknownUnit, read_quantity


@given(st.integers(-(10**12), 10**12), st.sampled_from(sorted(CURRENCY_EXPONENTS)))
def test_minor_units_and_back(minor, currency):
    money = Money.of_minor(minor, currency)
    assert money.minor == minor
    assert money.is_postable


def test_a_json_number_is_what_was_written():
    assert exact(0.1) + exact(0.2) == Decimal("0.3")


@pytest.mark.parametrize(("amount", "currency"), [("30.55", "JPY"), ("1.001", "EUR"), ("1", "Euro"), ("1", "eur")])
def test_what_cannot_be_posted_says_so(amount, currency):
    assert not Money(amount=Decimal(amount), currency=currency).is_postable


@pytest.mark.parametrize(
    ("said", "bits"),
    [
        ("500 Mbit/s", 5 * 10**8),
        ({"amount": 500000, "units": "kbit/s"}, 5 * 10**8),
        ({"amount": 0.5, "unit": "Gbit/s"}, 5 * 10**8),
    ],
)
def test_the_same_rate_in_different_words(said, bits):
    assert read_quantity(said).base == bits


@pytest.mark.parametrize("said", ["500 mbps", {"amount": 500}, {"amount": 500, "units": ""}, "500 furlongs"])
def test_a_number_without_a_known_unit_is_refused(said):
    with pytest.raises(UnknownUnit):
        read_quantity(said)


@pytest.mark.parametrize("said", ["National", None, True, [1], {"x": 1}, "", "415 279 7439", "12 Main Street", "7"])
def test_what_is_no_quantity_is_none(said):
    assert read_quantity(said) is None


def test_a_rate_is_no_volume():
    with pytest.raises(UnknownUnit):
        Quantity(amount=Decimal(1), unit="GB").to("Mbit/s")


def test_ids_are_uuid7_rising_and_spread_over_shards():
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(one[14] == "7" and one[19] in "89ab" and len(one) == 36 for one in ids)
    assert [one[:13] for one in ids] == sorted(one[:13] for one in ids)
    assert len({shard_of(one) for one in ids}) > SHARDS / 2

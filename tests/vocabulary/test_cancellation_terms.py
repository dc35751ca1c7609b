"""The part of a landscape about cancelling is read whole, or refused with its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.canonical.cancelling import Past, Point, PointTerms
from gateway.canonical.money import Money
from gateway.ports.errors import SetupError
from gateway.vocabulary.landscape import load_landscape

SHIPPED = Path(__file__).parents[2] / "adapters" / "simulated"
ADAPTERS = frozenset({"simulated-crm", "simulated-field", "simulated-activation", "simulated-billing"})
REFUSED = "fieldWork: {past: refuse}"


@pytest.fixture
def landscape(tmp_path):
    """Return the landscape that comes with it, its word on field work replaced."""

    def make(said=REFUSED):
        for name in ("landscape.yaml", "catalogue.yaml"):
            text = (SHIPPED / name).read_text(encoding="utf-8")
            (tmp_path / name).write_text(text.replace(REFUSED, said), encoding="utf-8")
        return load_landscape(tmp_path / "landscape.yaml", ADAPTERS).cancellation

    return make


def test_a_priced_point_has_its_sum(landscape):
    terms = landscape("fieldWork: {past: price, fee: {unit: EUR, value: 79.00}, taxRate: 20}")
    fee = Money(amount=Decimal("79.00"), currency="EUR")
    assert terms.of(Point.FIELD_WORK) == PointTerms(past=Past.PRICE, fee=fee, tax_rate=Decimal(20))
    assert terms.of(Point.SERVICE) == PointTerms()
    assert (terms.leaves_field_work, terms.may_cost) == (True, True)


def test_a_point_that_is_not_named_refuses(landscape):
    terms = landscape("")
    assert terms.of(Point.FIELD_WORK).past is Past.REFUSE
    assert (terms.leaves_field_work, terms.may_cost) == (False, False)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("fieldWork: {past: price}", "without fee or taxRate"),
        ("fieldWork: {past: price, fee: {unit: EUR, value: 9}}", "without fee or taxRate"),
        ("fieldWork: {past: allow, fee: {unit: EUR, value: 9}}", "a fee that nobody is charged"),
        ("fieldWork: {past: price, fee: {unit: EUR, value: 9.999}, taxRate: 20}", "no sum that can be charged"),
        ("fieldWork: {past: price, fee: {unit: Euro, value: 9}, taxRate: 20}", "no sum that can be charged"),
        ("fieldWork: {past: price, fee: {unit: EUR, value: -9}, taxRate: 20}", "greater than 0"),
        ("fieldWork: {past: sometimes}", "refuse"),
        ("activated: {past: refuse}", "not permitted"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(landscape, said, reason):
    with pytest.raises(SetupError, match=reason) as caught:
        landscape(said)
    assert caught.value.line is not None

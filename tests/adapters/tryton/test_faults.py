"""What Tryton's errors mean, and how its values are written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from adapters.tryton.billing.records import read_invoice, read_line
from adapters.tryton.codec import decode, encode
from adapters.tryton.faults import ANSWERED, error_of, warning_of
from adapters.tryton.mischief import FAULTS, statements
from adapters.tryton.settings import TrytonSettings
from adapters.tryton.tags import pattern_of, tagged, tags_of
from gateway.ports import errors
from gateway.ports.errors import SetupError, Unreadable

CASES = yaml.safe_load(Path(__file__).with_name("faults.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_an_error_inside_a_200_is_named_by_what_happens_next(case):
    error = error_of(case["error"])
    assert type(error) is getattr(errors, case["raises"])
    assert getattr(error, "only_this", False) is case.get("onlyThis", False)
    assert "Traceback" not in str(error)
    if "code" in case:
        assert error.legacy_code == case["code"]


def test_only_a_warning_that_is_understood_is_answered():
    assert warning_of(["UserWarning", ["0a1b.invoice_taxes", "…"]]).rpartition(".")[2] in ANSWERED
    assert warning_of(["UserWarning", ["0a1b.invoice_similar", "…"]]).rpartition(".")[2] not in ANSWERED
    assert warning_of(["UserError", ["no", None]]) is None


def test_values_come_back_as_they_were_sent():
    moment = datetime(2026, 3, 1, 9, 30, 15, 250, tzinfo=UTC)
    values = {"sum": Decimal("40.00"), "day": date(2026, 3, 1), "at": moment, "rows": [1, None, "x", True, 1.5]}
    assert decode(encode(values)) == values
    assert decode({"__class__": "timedelta", "seconds": 90.0}) == timedelta(seconds=90)
    with pytest.raises(ValueError, match="no Decimal"):
        decode({"__class__": "Decimal", "decimal": "many"})


@pytest.mark.parametrize("value", ["1", "a]b [item=9]", "50%_\\", "Ünïcode / x", "1\n2"])
def test_tags_come_back_as_they_were_written(value):
    said = tagged("Fibre 500 [item=7]\nmore", {"item": value, "product": None})
    assert tags_of(said) == {"item": value}
    assert "\n" not in pattern_of("item", value)


def test_a_row_that_is_not_its_own_cannot_be_read():
    for read in (read_line, read_invoice):
        with pytest.raises(Unreadable):
            read({"id": 1})


def test_one_password_is_given():
    for more in ({}, {"password": "a", "password_file": "b"}):
        with pytest.raises(ValueError, match="either password or password_file"):
            TrytonSettings(url="http://127.0.0.1:1", **more)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_built_in_for_one_order(fault):
    made = statements("o'hara", f"{fault}:BA-1")
    assert all("'o''hara'" in one for one in made[::2])
    assert len(made) == 2 * len(FAULTS[fault])
    with pytest.raises(SetupError):
        statements("x", "nothing")

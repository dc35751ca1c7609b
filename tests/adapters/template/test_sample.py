"""A sample of a legacy system's answers: its codes become rows that mean nothing yet, its members what is left to do."""

import pytest

from adapters.template.sample import read_sample
from adapters.template.write import TEMPLATE
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.ports.template import Wanted
from gateway.vocabulary.conformance import load_declaration
from gateway.vocabulary.load import load_vocabularies

JSON = """{"tickets": [
  {"id": "FW-000123", "Status": "WIP", "Created": "2026-03-09T14:02:11+01:00", "Name": "Erika Muster", "Open": true},
  {"id": "FW-000124", "Status": "CPD", "Created": "2026-03-09T15:02:11+01:00", "Name": "Max Muster", "Open": false}]}"""
XML = """<Envelope><ticket id="FW-000123"><Status>WIP</Status><Created>2026-03-09T14:02:11+01:00</Created></ticket>
<ticket id="FW-000124"><Status>CPD</Status><Created>2026-03-09T15:02:11+01:00</Created></ticket></Envelope>"""
CSV = """id;Status;Created;Kind
FW-000123;WIP;2026-03-09T14:02:11+01:00;XA
FW-000124;CPD;2026-03-09T15:02:11+01:00;XB
"""


def sample_of(tmp_path, text):
    file = tmp_path / "sample"
    file.write_text(text)
    wanted = Wanted(name="acme", roles=(Role.FIELD_WORK,), transport="http", sample=file)
    sample = read_sample(file, wanted)
    tables = tmp_path / "sample.yaml"
    tables.write_text(sample.tables)
    return load_vocabularies(tables), sample


@pytest.mark.parametrize(
    ("text", "status"), [(JSON, "tickets-status"), (XML, "envelope-ticket-status"), (CSV, "status")]
)
def test_codes_become_rows_without_a_meaning_and_instants_become_fields(tmp_path, text, status):
    tables, sample = sample_of(tmp_path, text)
    found = tables[f"acme-sample-{status}"]
    assert (found.target, found.codes) == ("canonical.order-state", ("CPD", "WIP"))
    assert {row.rel for row in found.rows.values()} == {"unmatched"}
    assert len(tables["acme-sample-field"].fields) == 1
    assert any("has CPD, WIP: say what each means" in one for one in sample.todo)
    assert any("id: carry it over" in one for one in sample.todo)


def test_a_flag_is_told_and_a_code_of_unknown_kind_is_left_to_its_author(tmp_path):
    tables, sample = sample_of(tmp_path, JSON)
    assert tables["acme-sample-tickets-open"].target == "canonical.flag"
    assert "Muster" not in sample.tables + "".join(sample.todo)
    _, sample = sample_of(tmp_path, CSV)
    assert "sample: Kind has XA, XB: choose what it is translated into, and add a table" in sample.todo


def test_what_a_sample_shows_stands_in_the_package(tmp_path):
    file = tmp_path / "answer.json"
    file.write_text(JSON)
    wanted = Wanted(name="acme", roles=(Role.FIELD_WORK,), transport="http", sample=file)
    TEMPLATE.write(wanted, tmp_path / "acme")
    package = tmp_path / "acme" / "acme"
    assert "acme-sample-tickets-status" in load_vocabularies(package / "sample.yaml")
    todo = [one.what for one in load_declaration(package / "conformance.yaml").todos]
    assert sum(one.startswith("sample: ") for one in todo) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1,\n}', "sample:2: it is no JSON"),
        ("<!DOCTYPE a><a/>", "document type"),
        ("<a><b></a>", "did not answer in XML"),
        ("nothing of all that", "neither JSON, XML nor CSV"),
        ("{}", "holds no member"),
    ],
)
def test_a_sample_that_cannot_be_read_says_why(tmp_path, text, says):
    with pytest.raises(SetupError, match=says):
        sample_of(tmp_path, text)

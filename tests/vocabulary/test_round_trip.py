"""There and back: a value comes back as itself, and a code too where the table carries what the value leaves out."""

from pathlib import Path

import pytest

from gateway.ports.errors import UnknownCode
from gateway.vocabulary.load import load_vocabularies
from gateway.vocabulary.table import Relation

TABLES = {
    table.id: table
    for file in sorted((Path(__file__).parents[2] / "adapters" / "simulated").glob("*/codes.yaml"))
    for table in load_vocabularies(file).values()
    if table.inverses
}


@pytest.mark.parametrize("vocab", TABLES)
def test_every_value_with_an_inverse_comes_back_as_itself(vocab):
    table = TABLES[vocab]
    for value in table.inverses:
        assert table.translate(table.inverse(value)) == value


@pytest.mark.parametrize("vocab", TABLES)
def test_every_code_that_is_translated_comes_back_as_itself(vocab):
    table = TABLES[vocab]
    for code, row in table.rows.items():
        if row.rel is not Relation.UNMATCHED:
            assert table.restored(*table.carried(code)) == code


def test_without_what_is_carried_the_way_back_leads_to_the_usual_code():
    table = TABLES["field-status"]
    assert table.carried("DSP") == ("inProgress", "DSP")
    assert table.restored("inProgress", "DSP") == "DSP"
    assert table.restored("inProgress") == "WIP"
    assert table.restored("completed", "DSP") == "CPD"  # it has moved on since
    with pytest.raises(UnknownCode):
        table.restored("partial", "DSP")

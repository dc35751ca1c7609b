"""The short form of `make fuzz`: a case of every operation but those that hear notifications, and sequences, against a gateway that runs."""

import pytest

from tests.fuzz.campaign import FACES, play
from tests.fuzz.run import serving
from tests.fuzz.sensible import fill


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("gateway")) as address:
        fill(address)
        yield address


@pytest.mark.server
def test_no_case_finds_an_answer_that_no_document_declares(address):
    budget = {"examples": 1, "sequences": 2, "phases": ("fuzzing", "stateful"), "without": "/listener/"}
    results = [play(address, face, seed=1, **budget) for face in FACES]
    print(*results, sep="\n")
    assert {face: result.failures for face, result in zip(FACES, results, strict=True) if result.failures} == {}
    assert sum(result.cases for result in results) > 100
    assert all(status < 500 for result in results for status in result.statuses)

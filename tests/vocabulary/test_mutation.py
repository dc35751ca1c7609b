"""Mistakes that a table would notice: the shipped ones notice nearly all, and each law has its share in that."""

from pathlib import Path

import pytest
import yaml

from gateway.vocabulary.checks import doubts
from gateway.vocabulary.document import parse_documents, read_documents
from gateway.vocabulary.file import TableFile
from gateway.vocabulary.mutate import score_of
from gateway.vocabulary.operators import CODE_OPERATORS, FIELD_OPERATORS

SHIPPED = {
    document.data["vocab"]: document.data
    for file in sorted((Path(__file__).parents[2] / "adapters" / "simulated").glob("*/codes.yaml"))
    for document in read_documents(file)
}
WRONG = yaml.safe_load((Path(__file__).parent / "wrong.yaml").read_text(encoding="utf-8"))
SURVIVORS = {"activation-service-type@1: 'ETH' → 'eth'"}
"""A code that nothing stands for holds under either spelling."""


def test_the_tables_that_come_with_it_notice_at_least_98_of_100_mistakes():
    scores = [score_of(data) for data in SHIPPED.values()]
    killed, counted = sum(score.killed for score in scores), sum(score.counted for score in scores)
    assert counted > 1000
    assert killed / counted >= 0.98
    assert min(score.percent for score in scores) >= 98
    survivors = [(score.vocabulary, one) for score in scores for one in score.survivors]
    assert {f"{name}: {one.what}" for name, one in survivors} == SURVIVORS
    assert all(one.why for _, one in survivors)


@pytest.mark.parametrize("vocab", SHIPPED)
def test_nothing_about_a_table_that_comes_with_it_is_doubtful(vocab):
    assert not list(doubts(TableFile.model_validate(SHIPPED[vocab])))


@pytest.mark.parametrize("operator", [*CODE_OPERATORS, *FIELD_OPERATORS])
def test_every_operator_finds_something_to_change(operator):
    (national,) = parse_documents(WRONG["fields"]["text"], "national.yaml")
    assert any(operator in score_of(data).operators for data in (*SHIPPED.values(), national.data))


def without(data, *members):
    return {name: value for name, value in data.items() if name not in members}


def test_range_and_totality_alone_notice_little_and_each_law_adds_its_share():
    states = SHIPPED["field-status"]
    bare = score_of(without(states, "inverse", "transitions", "examples", "carry")).percent
    scores = [score_of(without(states, *left_out)).percent for left_out in (
        ("inverse", "examples"), ("transitions", "examples"), ("examples",), (),
    )]  # fmt: skip
    assert bare < min(scores[:2])
    assert max(scores[:2]) <= scores[2] <= scores[3] == 100


def test_a_change_that_nobody_could_observe_does_not_count():
    units = SHIPPED["activation-rate-unit"]
    assert score_of(units).equivalent == 3  # Mbps is Mbit/s
    assert score_of(without(units, "examples", "inverse")).survivors


@pytest.mark.parametrize(
    ("vocab", "operator"),
    [
        ("crm-role", "swap two codes"),
        ("crm-field", "date inclusive"),
        ("crm-field", "net ⇄ gross"),
        ("crm-field", "zone"),
        ("crm-field", "sign"),
        ("billing-field", "unit factor"),
        ("billing-field", "null ⇄ empty"),
        ("activation-rate-unit", "unit factor"),
        ("activation-profile", "unit factor"),
    ],
)
def test_without_its_examples_a_table_does_not_notice(vocab, operator):
    told, untold = score_of(SHIPPED[vocab]), score_of(without(SHIPPED[vocab], "examples"))
    assert told.operators[operator][0] == told.operators[operator][1] > 0
    assert untold.operators[operator][0] < untold.operators[operator][1]
    assert all("no examples" in one.why for one in untold.survivors)

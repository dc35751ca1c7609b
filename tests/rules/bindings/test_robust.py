"""Whatever stands in a rule set, the answer is a rule set or a SetupError."""

import copy
import json

import pytest

from gateway.lifecycle.rule_sets.reading import rule_set_of_text
from gateway.ports.errors import SetupError
from gateway.rules.bindings.bind import bind
from gateway.rules.engine import Catalogue, judge_all
from gateway.vocabulary.document import parse_documents

ODD = [None, True, 0, -1, 10**400, 1.5, "", "*", "x" * 300, [], [1], {}, {"a": 1}, [[]], "\u0000", "{i}"]


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for name, one in value.items():
            yield from places(one, (*path, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from places(one, (*path, index))


def put(document, path, value):
    if not path:
        return value
    document = copy.deepcopy(document)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return document


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
def test_an_odd_value_anywhere_is_taken_or_refused(operator_text, trace_of, odd):
    (said,) = parse_documents(operator_text, "operator.yaml")
    catalogue, trace = Catalogue.load(), trace_of("charged")
    for path in places(said.data):
        text = json.dumps(put(said.data, path, odd), default=str)
        try:
            found = rule_set_of_text(text, "rules.json", catalogue)
        except SetupError as error:
            assert error.reason.startswith("rules.json")
            continue
        for judgement in judge_all(trace, bind(found, catalogue)):
            assert not [finding for finding in judgement.findings if finding.reason.startswith("rule error")]

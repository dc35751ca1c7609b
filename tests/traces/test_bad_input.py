"""Traces that are broken: a problem that says where, or findings; never another exception, never silence about it."""

import copy
import time
from random import Random

import pytest

from gateway.faces.lifecycle.trace import TraceProblem
from tests.traces.edit import edited
from tests.traces.judge import VERSIONS, alarms, answer, holds
from tests.traces.story import Story
from tests.traces.trace import trace_of

NAMES = (
    "fibre",
    "credit",
    "net-and-voice",
    "bundle-billable-part",
    "speed-up",
    "cease",
    "third-party-account",
    "partial",
)
VALUES = [
    None, "", [], {}, "NaN", "Infinity", 1e308, float("nan"), -1, 0, True, 1.5, 10**30, "x" * 10_000, [None], [[[]]], {"a": None},
    "2026-13-45T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "\ud800", "01.03.26",
]  # fmt: skip
SEEDS = range(16)


def places(value):
    """Yield (holder, key) for every member and element of a document."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from places(value[key])


def answer_or_problem(document):
    try:
        return answer(document)
    except TraceProblem as problem:
        return problem


def rule_errors(said):
    return (
        [] if isinstance(said, TraceProblem) else [f for f in said["findings"] if f["reason"].startswith("rule error")]
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_value_in_no_place_breaks_the_judgement(seed, version):
    random = Random(seed)
    whole = trace_of(Story.called(NAMES[seed % len(NAMES)]), "billed", version)
    for _ in range(20):
        document = copy.deepcopy(whole)
        holder, key = random.choice(list(places(document)))
        if random.random() < 0.15:
            del holder[key]
        else:
            holder[key] = random.choice(VALUES)
        assert rule_errors(answer_or_problem(document)) == []


@pytest.mark.parametrize("value", [1e308, "NaN", float("nan"), float("inf"), "Infinity", "1e400", {"value": 1}, [1]])
@pytest.mark.parametrize(
    "path",
    [
        "appliedCustomerBillingRates[0].taxExcludedAmount.value",
        "customerBills[0].amountDue.value",
        "ledger[0].amount.value",
        "facts[price.agreed].value.net.value",
        "reference.offerings[0].price.net.value",
        "productOrder.productOrderItem[0].product.productCharacteristic[0].value.amount",
    ],
)
def test_a_number_that_is_none_is_never_passed_over(path, value):
    said = answer_or_problem(edited(trace_of(Story.called("fibre"), "billed"), {path: value}))
    assert isinstance(said, TraceProblem) or alarms(said) or holds(said)


@pytest.mark.parametrize(
    "document", [None, [], "", 1, {}, {"version": "v4"}, {"version": "v9", "now": "2026-01-01T00:00:00Z"}]
)
def test_what_is_no_trace_is_a_problem(document):
    with pytest.raises(TraceProblem):
        answer(document)


def test_a_trace_of_nothing_but_a_moment_advances_nowhere_in_silence():
    said = answer({"version": "v4", "now": "2026-01-01T00:00:00Z"})
    assert [one["gate"] for one in said["gates"]] == ["intake"]


@pytest.mark.parametrize(
    "part", ["facts", "history", "serviceOrders", "appliedCustomerBillingRates", "customerBills", "ledger"]
)
@pytest.mark.parametrize("value", [None, {}, "none", 3])
def test_a_part_of_the_wrong_kind_is_a_problem(part, value):
    with pytest.raises(TraceProblem) as problem:
        answer({**trace_of(Story.called("fibre"), "billed"), part: value})
    assert part in str(problem.value)


@pytest.mark.parametrize("predicate", ["service.exploded", "", "SERVICE.ACTIVATED", None, 3])
def test_an_unknown_predicate_is_a_problem_that_names_its_place(predicate):
    document = edited(trace_of(Story.called("fibre"), "billed"), {"facts[0].predicate": predicate})
    with pytest.raises(TraceProblem, match=r"facts\[0\]"):
        answer(document)


def long_order(count, stage):
    """Return an order of that many items that lean on each other."""
    document = trace_of(Story.called("fibre"), stage)
    item = document["productOrder"]["productOrderItem"][0]
    service_order = document["serviceOrders"][0]
    built = service_order["serviceOrderItem"][0]
    rate = document["appliedCustomerBillingRates"][0]
    numbers = range(1, count + 1)
    document["productOrder"]["productOrderItem"] = [
        {
            **item,
            "id": str(n),
            "product": {**item["product"], "id": f"PR-{n}"},
            "productOrderItemRelationship": [{"id": str(n + 1), "relationshipType": "reliesOn"}] if n < count else [],
        }
        for n in numbers
    ]
    named = [[{"name": "productOrderItemId", "value": str(n)}] for n in numbers]
    items = [
        {**built, "id": str(n), "service": {**built["service"], "id": f"SV-{n}", "serviceCharacteristic": name}}
        for n, name in zip(numbers, named, strict=True)
    ]
    document["serviceOrders"] = [{**service_order, "serviceOrderItem": items}]
    document["appliedCustomerBillingRates"] = [{**rate, "id": f"R-{n}", "product": {"id": f"PR-{n}"}} for n in numbers]
    return document


def test_four_times_the_items_take_about_four_times_as_long():
    def seconds(count):
        document = long_order(count, "billed")
        began = time.process_time()
        assert answer(document)["findings"]
        return time.process_time() - began

    seconds(10)
    assert seconds(1600) < 10 * seconds(400)

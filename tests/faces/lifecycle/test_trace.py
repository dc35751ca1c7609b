"""Reading trace documents, friendly and hostile."""

import copy
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.faces.lifecycle.paths import wire_path
from gateway.faces.lifecycle.trace import TraceProblem, answer_of, trace_from_wire
from gateway.rules.engine import Catalogue, judge_all


def test_every_part_is_read(document):
    trace = trace_from_wire(document)
    offering = trace.reference.offerings[0]
    assert offering.price.net.amount == Decimal("30.0")
    assert offering.components == ("OFF-1",)
    assert offering.extras["bundledProductOffering"][0]["id"] == "OFF-1"
    assert trace.reference.parties[0].extras["taxExemption"]
    assert trace.reference.accounts[0].pays_for == ("C-2",)
    assert trace.reference.products is None
    assert trace.service_orders[0].product_order_id == "PO-1"
    assert trace.rates[0].item_id == "1"
    assert trace.facts[0].source.system == "aaa"
    assert trace.ledger[0].start.month == 3
    assert trace.others[0].now == trace.now
    assert trace.policy.rate_tolerance_percent == 5
    assert trace.policy.grace_minutes == 60


def test_absent_is_unknown_and_empty_is_none():
    trace = trace_from_wire({"now": "2026-04-02T00:00:00Z"})
    assert (trace.service_orders, trace.rates, trace.bills, trace.ledger, trace.history) == (None,) * 5
    empty = trace_from_wire({"now": "2026-04-02T00:00:00Z", "serviceOrders": [], "ledger": [], "history": []})
    assert (empty.service_orders, empty.ledger, empty.history, empty.rates) == ((), (), (), None)


def test_the_context_does_not_depend_on_the_order_of_facts(document):
    second = {**document["facts"][0], "subject": "item:2"}
    one = trace_from_wire({**document, "facts": [*document["facts"], second]})
    other = trace_from_wire({**document, "facts": [second, *document["facts"]]})
    assert answer_of((), one)["contextHash"] == answer_of((), other)["contextHash"]
    assert answer_of((), one)["contextHash"] != answer_of((), trace_from_wire(document))["contextHash"]
    assert "contextHash" not in answer_of(())


@pytest.mark.parametrize(
    ("part", "value", "path"),
    [
        ("version", "v6", "version"),
        ("version", ["v5"], "version"),
        ("version", None, "version"),
        ("now", None, "now"),
        ("now", "soon", "now"),
        ("now", "0001-01-01T00:00:00Z", "now"),
        ("zone", 7, "zone"),
        ("reference", [], "reference"),
        ("reference", {"offerings": {}}, "reference.offerings"),
        ("reference", {"offerings": [{"id": None}]}, "reference.offerings[0].id"),
        (
            "reference",
            {"offerings": [{"id": "O", "sellable": {"start": "May"}}]},
            "reference.offerings[0].sellable.start",
        ),
        ("productOrder", "PO", "productOrder"),
        ("productOrder", {"productOrderItem": [None]}, "productOrder"),
        ("serviceOrders", None, "serviceOrders"),
        ("serviceOrders", [None], "serviceOrders[0]"),
        ("facts", [{}], "facts[0].predicate"),
        ("facts", {"a": 1}, "facts"),
        ("history", [{"subject": "productOrder", "state": 1, "at": "2026-03-01T00:00:00Z"}], "history[0].state"),
        ("ledger", [{"amount": {"unit": "EUR", "value": 1e308}}], "ledger[0].amount.value"),
        ("ledger", [{"amount": {"unit": "EUR", "value": "NaN"}}], "ledger[0].amount.value"),
        ("ledger", [{"amount": {"unit": "EUR", "value": "1e999999999"}}], "ledger[0].amount.value"),
        (
            "customerBills",
            [{"id": "B", "amountDue": {"unit": "EUR", "value": "NaN"}}],
            "customerBills[0].amountDue.value",
        ),
        ("policy", {"graceMinutes": -1}, "policy.graceMinutes"),
        ("policy", {"rateTolerancePercent": "10"}, "policy.rateTolerancePercent"),
        ("others", [7], "others[0]"),
        ("others", [{"serviceOrders": 1}], "others[0].serviceOrders"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_path(document, part, value, path):
    with pytest.raises(TraceProblem) as caught:
        trace_from_wire({**document, part: value})
    assert caught.value.path == path or (caught.value.path or "").startswith(path)


@pytest.mark.parametrize("document", [None, [], "trace", 1, True])
def test_a_trace_is_an_object(document):
    with pytest.raises(TraceProblem):
        trace_from_wire(document)


def test_no_nesting_is_too_deep_to_be_told():
    nested = {"id": "1", "action": "add"}
    for _ in range(2000):
        nested = {"id": "1", "action": "add", "productOrderItem": [nested]}
    with pytest.raises(TraceProblem, match="nested"):
        trace_from_wire({"now": "2026-04-02T00:00:00Z", "productOrder": nested})


def test_ten_thousand_items_are_read(document):
    item = document["productOrder"]["productOrderItem"][0]
    document["productOrder"]["productOrderItem"] = [
        {**item, "id": str(n), "product": {"id": f"PR-{n}"}} for n in range(10_000)
    ]
    assert len(trace_from_wire(document).product_order.items) == 10_000


def places(value, at=()):
    yield at
    if isinstance(value, dict):
        for key, one in value.items():
            yield from places(one, (*at, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from places(one, (*at, index))


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["NaN", "-1e308", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "", "item:1", [[]], [{}], {}, []]
    ),
    st.dictionaries(st.sampled_from(["id", "unit", "value", "amount", "name"]), st.none() | st.integers() | st.text()),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_hostile_values_anywhere_raise_nothing_else(document, data):
    hostile = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.sampled_from([at for at in places(hostile) if at]))
        node = hostile
        for step in where[:-1]:
            node = node[step]
        node[where[-1]] = copy.deepcopy(data.draw(HOSTILE))
    try:
        trace = trace_from_wire(hostile)
    except TraceProblem as problem:
        assert str(problem)
    else:
        answer_of(judge_all(trace, Catalogue.load()))


@pytest.mark.parametrize(
    ("canonical", "said"),
    [
        ("product_order.items[1].offering", "productOrder.productOrderItem[1].productOffering"),
        ("service_orders[0].items[1].service", "serviceOrders[0].serviceOrderItem[1].service"),
        ("rates[0].net.amount", "appliedCustomerBillingRates[0].taxExcludedAmount.value"),
        ("bills[0].amount_due", "customerBills[0].amountDue"),
        ("facts[0].value.max_rate", "facts[0].value.max_rate"),
        ("facts[0].observed_at", "facts[0].observedAt"),
        ("ledger[0].start", "ledger[0].period.start"),
        ("ledger[0].amount.amount", "ledger[0].amount.value"),
        ("reference.offerings[0].sellable_end", "reference.offerings[0].sellable.end"),
        ("reference.accounts[2].pays_for", "reference.accounts[2].paysFor"),
        ("others[1].product_order.items[0]", "others[1].productOrder.productOrderItem[0]"),
        ("zone", "zone"),
        ("", ""),
    ],
)
def test_paths_are_said_in_the_names_of_the_trace(canonical, said):
    assert wire_path(canonical) == said

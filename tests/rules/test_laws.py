"""Laws of the whole catalogue: what must not change a verdict."""

import random
from datetime import timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.lifecycle import Trace
from gateway.rules.engine import judge_all

BASES = ("ordered", "built", "activated", "charged", "billed")


def shape(judgements, trace):
    """What a judgement says, without the places at which facts stand."""
    ids = {f"facts[{n}]": f"facts[{fact.id}]" for n, fact in enumerate(trace.facts)}

    def named(path):
        head, bracket, rest = path.partition("]")
        return ids.get(head + bracket, head + bracket) + rest

    return [
        (
            one.gate,
            one.verdict,
            sorted(map(str, one.missing)),
            sorted((f.code, f.severity, named(f.path)) for f in one.findings),
        )
        for one in judgements
    ]


@settings(max_examples=60, deadline=None)
@given(
    start=st.sampled_from(BASES),
    gone=st.sets(st.integers(0, 20), max_size=4),
    seed=st.integers(0, 2**16),
)
def test_the_order_of_facts_means_nothing(documents, catalogue, start, gone, seed):
    trace = Trace.model_validate(documents[start])
    facts = [fact for n, fact in enumerate(trace.facts) if n not in gone]
    one = trace.model_copy(update={"facts": tuple(facts)})
    random.Random(seed).shuffle(facts)
    other = trace.model_copy(update={"facts": tuple(facts)})
    assert shape(judge_all(one, catalogue), one) == shape(judge_all(other, catalogue), other)


@settings(max_examples=30, deadline=None)
@given(start=st.sampled_from(BASES), gone=st.sets(st.integers(0, 20), max_size=4), hours=st.integers(-12, 14))
def test_the_same_instants_in_another_offset_mean_the_same(documents, catalogue, start, gone, hours):
    trace = Trace.model_validate(documents[start])
    facts = tuple(fact for n, fact in enumerate(trace.facts) if n not in gone)
    zone = timezone(timedelta(hours=hours))
    moved = tuple(fact.model_copy(update={"observed_at": fact.observed_at.astimezone(zone)}) for fact in facts)
    one, other = (trace.model_copy(update={"facts": some}) for some in (facts, moved))
    assert shape(judge_all(one, catalogue), one) == shape(judge_all(other, catalogue), other)


@settings(max_examples=30, deadline=None)
@given(start=st.sampled_from(BASES), turned=st.booleans(), copies=st.integers(1, 3))
def test_the_order_of_items_means_nothing(documents, catalogue, start, turned, copies):
    trace = Trace.model_validate(documents[start])
    order = trace.product_order
    items = list(order.items)
    for n in range(copies):
        extra = items[0].model_copy(
            update={
                "id": f"x{n}",
                "product": items[0].product.model_copy(update={"id": f"PR-x{n}"}),
                "billing_account": None,
            }
        )
        items.append(extra)
    other = list(reversed(items)) if turned else items

    def codes(these):
        changed = trace.model_copy(update={"product_order": order.model_copy(update={"items": tuple(these)})})
        return [
            (one.gate, one.verdict, sorted(map(str, one.missing)), sorted(f.code for f in one.findings))
            for one in judge_all(changed, catalogue)
        ]

    assert codes(items) == codes(other)

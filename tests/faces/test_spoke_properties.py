"""Laws of every spoke, on objects made from its own tables: nothing is lost, nothing is invented."""

import typing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.common import Characteristic, Ref
from gateway.canonical.states import BillState, ItemAction, OnDemandState, OrderState, ServiceState, TaskState
from gateway.faces import common_v4
from gateway.faces.application import SPOKES
from gateway.faces.documents import load_document, resolve
from gateway.faces.patch import carry, merge
from gateway.faces.rows import Amount, Coded, Computed, Fixed, Inline, Instant, Many, Number, One, Own, instant_text
from gateway.faces.tmf622 import v4 as tmf622
from gateway.faces.tmf641 import v4 as tmf641
from gateway.faces.tmf678 import v4 as tmf678

DOCUMENTS = Path(__file__).parents[2] / "openapi"
RESOURCES = [pytest.param(spoke, one, id=f"{spoke.face}-{one.name}") for spoke in SPOKES for one in spoke.resources]
every_resource = pytest.mark.parametrize(("spoke", "resource"), RESOURCES)
SHARED = {("id", Characteristic), ("name", Ref)}
"""Members of tables that several schemas share, and that not each of those schemas has."""

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = st.text(alphabet="aZ0 -.é€'\"\\/", max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3)) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
MOMENTS = st.builds(
    lambda seconds, offset, micro: instant_text(
        (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micro)).astimezone(
            timezone(timedelta(minutes=offset))
        )
    ),
    st.integers(-(10**8), 10**8),
    st.integers(-14 * 4, 14 * 4).map(lambda quarter: quarter * 15),
    st.sampled_from([0, 500_000, 123_456]),
)
NUMBERS = st.decimals(-(10**9), 10**9, places=2).map(float) | st.integers(-(10**9), 10**9)
UNKNOWN = st.dictionaries(WORDS.map(lambda word: "x-" + word), JSON, max_size=2)
MONEY = st.fixed_dictionaries({"unit": st.sampled_from(["EUR", "JPY", "?"]), "value": NUMBERS}) | st.fixed_dictionaries(
    {"unit": st.just("EUR")}, optional={"value": NUMBERS, "x-note": WORDS}
)


def plain(model, name):
    """Values that a member of the model takes as they are."""
    kinds = set(typing.get_args(model.model_fields[name].annotation)) | {model.model_fields[name].annotation}
    if bool in kinds:
        return st.booleans()
    if int in kinds:
        return st.integers(-5, 10**6)
    return WORDS if str in kinds else JSON


def value(shape, row, depth):
    """Wire values of one row, None where this depth is the last."""
    if isinstance(row, tmf641.LineReference):
        return st.builds(lambda line, rest: {"id": line, "itemId": line, **rest}, WORDS, UNKNOWN)
    if isinstance(row, tmf641.OrderLinks):
        product_order = st.builds(lambda to: {"id": to, **tmf641.PRODUCT_ORDER_LINK}, WORDS.filter(bool))
        other = wire(tmf641.RELATIONSHIP, depth - 1)
        return st.lists(other, min_size=1, max_size=2) | st.builds(lambda a, b: [a, b], other, product_order)
    if isinstance(row, Inline):
        members = {key: value(shape, inner, depth) for key, inner in row.rows.items()}
        return st.builds(lambda known, rest: known | rest, st.fixed_dictionaries({}, optional=members), UNKNOWN)
    if isinstance(row, One | Many):
        if depth == 0:
            return None
        inner = wire(row.shape, depth - 1)
        return inner if isinstance(row, One) else st.lists(inner, min_size=1, max_size=2)
    simple = {Instant: MOMENTS, Number: NUMBERS, Amount: MONEY, Own: WORDS}
    if isinstance(row, Coded):
        return st.sampled_from(sorted(set(row.table.values())))
    return simple.get(type(row)) if type(row) in simple else plain(shape.model, row.name)


def wire(shape, depth=3):
    """Wire objects of a shape, with members that no table knows at every level."""
    must, may = {}, {}
    for key, row in shape.rows.items():
        if isinstance(row, Computed):
            continue
        if isinstance(row, Fixed):
            may[key] = st.just(row.word) | WORDS
            continue
        made = value(shape, row, depth)
        if made is None:
            if row.always:
                must[key] = st.just(row.empty())
            continue
        required = row.name in shape.model.model_fields and shape.model.model_fields[row.name].is_required()
        (must if required or row.always or isinstance(row, tmf641.LineReference) else may)[key] = made
    return st.builds(lambda known, rest: known | rest, st.fixed_dictionaries(must, optional=may), UNKNOWN)


def within(less, more):
    """Whether everything that `less` says is said by `more`, at its place."""
    if isinstance(less, dict) and isinstance(more, dict):
        return all(key in more and within(one, more[key]) for key, one in less.items())
    if isinstance(less, list) and isinstance(more, list):
        return len(less) == len(more) and all(map(within, less, more))
    return less == more and type(less) is type(more) if isinstance(less, bool) else less == more


@every_resource
@quick
@given(data=st.data())
def test_what_came_over_the_wire_is_said_again_and_read_as_the_same(spoke, resource, data):
    body = data.draw(wire(resource.shape))
    model = resource.from_wire(body)
    said = resource.to_wire(model, "http://gateway.test")
    assert within(body, said), "a member was lost or changed on its way through the model"
    assert resource.from_wire(said) == model
    assert said["href"] == f"http://gateway.test/{resource.name}/{model.id}"


@every_resource
@quick
@given(data=st.data())
def test_an_object_survives_storage(spoke, resource, data):
    model = resource.from_wire(data.draw(wire(resource.shape, 2)))
    assert type(model).model_validate_json(model.model_dump_json()) == model


@every_resource
@quick
@given(data=st.data())
def test_an_empty_patch_changes_nothing(spoke, resource, data):
    stored = resource.from_wire(data.draw(wire(resource.shape, 2))).model_copy(update={"revision": 7})
    assert carry(resource.shape, stored, resource.from_wire(merge(resource.to_wire(stored, ""), {}))) is stored


@quick
@given(hostile=st.dictionaries(st.sampled_from([*tmf622.ORDER.rows, "x"]), JSON))
def test_hostile_values_are_kept_or_refused_plainly(hostile):
    """Outside the schema check (a trace), a value of any type stands where another is expected."""
    try:
        order = tmf622.order_from_wire(hostile)
    except ValueError:
        return
    said = tmf622.order_to_wire(order)
    assert tmf622.order_from_wire(said) == order


@every_resource
def test_the_tables_name_members_of_the_document(spoke, resource):
    document = load_document(DOCUMENTS / spoke.document)
    assert document["servers"][0]["url"] == spoke.base

    def members(schema):
        schema = resolve(document, schema)
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            found |= members(part)
        return found or (members(schema["items"]) if "items" in schema else {})

    seen = set()

    def check(shape, schema):
        if id(shape) in seen:
            return
        seen.add(id(shape))
        known = members(schema)
        for key, row in shape.rows.items():
            if (key, shape.model) in SHARED:
                continue
            assert key in known, f"{shape.model.__name__}: the document has no {key}"
            inner = members(known[key])
            if isinstance(row, One | Many):
                check(row.shape, known[key])
            elif isinstance(row, Inline):
                assert set(row.rows) <= set(inner)
            elif isinstance(row, Coded):
                words = resolve(document, known[key]).get("enum")
                assert set(row.table.values()) == set(words), f"{key} has other words in the document"

    check(resource.shape, {"$ref": f"#/components/schemas/{resource.schema}"})


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (common_v4.ORDER_STATE, OrderState),
        (common_v4.ACTION, ItemAction),
        (tmf622.ITEM_STATE, OrderState),
        (tmf622.TASK_STATE, TaskState),
        (tmf641.TASK_STATE, TaskState),
        (tmf641.SERVICE_STATE, ServiceState),
        (tmf678.BILL_STATE, BillState),
        (tmf678.ON_DEMAND_STATE, OnDemandState),
    ],
)
def test_every_canonical_code_can_be_said(table, codes):
    assert set(table) == set(codes)

"""Laws of every spoke, on objects made from its own tables: nothing is lost, nothing is invented."""

import functools
import typing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.common import Characteristic, Ref
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import BillState, ItemAction, OnDemandState, OrderState, ServiceState, TaskState
from gateway.faces import common_v4, common_v5
from gateway.faces.documents import load_document, resolve
from gateway.faces.patch import carry, changed, merge
from gateway.faces.rows import Amount, Coded, Computed, Fixed, Inline, Instant, Many, Number, One, Own, instant_text
from gateway.faces.tmf622 import v4 as tmf622
from gateway.faces.tmf622 import v5 as tmf622_v5
from gateway.faces.tmf622 import v5_parts as tmf622_v5_parts
from gateway.faces.tmf641 import v4 as tmf641
from gateway.faces.tmf641 import v5 as tmf641_v5
from gateway.faces.tmf641 import v5_parts as tmf641_v5_parts
from gateway.faces.tmf678 import v4 as tmf678
from gateway.faces.tmf678 import v5 as tmf678_v5
from gateway.faces.typed import wrap
from gateway.faces.typed_shape import TypedShape, Wrapped

DOCUMENTS = Path(__file__).parents[2] / "openapi"
V4, V5 = (tmf622.SPOKE, tmf641.SPOKE, tmf678.SPOKE), (tmf622_v5.SPOKE, tmf641_v5.SPOKE, tmf678_v5.SPOKE)


def resources(spokes):
    found = [(spoke, one) for spoke in spokes for one in spoke.resources]
    return pytest.mark.parametrize(
        ("spoke", "resource"), [pytest.param(spoke, one, id=f"{spoke.face}-{one.name}") for spoke, one in found]
    )


every_resource = resources(V4 + V5)
every_resource_of_v4 = resources(V4)
SHARED = {("id", Characteristic), ("name", Ref)}
"""Members of tables that several schemas share, and that not each of those schemas has."""

quick = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = st.text(alphabet="aZ0 -.é€'\"\\/多🙂שُ\u2028\t", max_size=6)
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
    if isinstance(row, tmf641_v5_parts.LineReference):
        return st.builds(lambda line, rest: {"itemId": line, **rest}, WORDS, UNKNOWN)
    if isinstance(row, tmf641_v5_parts.FormerExternalId):
        return None
    if isinstance(row, tmf641_v5_parts.ExternalLinks):
        external = st.builds(lambda a, b: {"id": a, "externalReferenceType": "externalId", **b}, WORDS, UNKNOWN)
        other = wire(row.element, depth - 1).filter(lambda one: one.get("externalReferenceType") is not None)
        return st.lists(other, min_size=1, max_size=2) | st.builds(lambda a, b: [a, b], other, external)
    if isinstance(row, tmf641.OrderLinks | tmf641_v5_parts.OrderLinks):
        product_order = st.builds(lambda to: {"id": to, **tmf641.PRODUCT_ORDER_LINK}, WORDS.filter(bool))
        other = wire(row.element, depth - 1)
        return st.lists(other, min_size=1, max_size=2) | st.builds(lambda a, b: [a, b], other, product_order)
    if isinstance(row, Inline):
        members = {key: value(shape, inner, depth) for key, inner in row.rows.items()}
        return st.builds(lambda known, rest: known | rest, st.fixed_dictionaries({}, optional=members), UNKNOWN)
    if isinstance(row, One | Many):
        if depth == 0:
            return None
        inner = wire(row.shape, depth - 1)
        return inner if isinstance(row, One | tmf641_v5_parts.LastError) else st.lists(inner, min_size=1, max_size=2)
    simple = {Instant: MOMENTS, Number: NUMBERS, Amount: MONEY, Own: WORDS}
    if isinstance(row, Coded):
        return st.sampled_from(sorted(set(row.table.values())))
    return simple.get(type(row)) if type(row) in simple else plain(shape.model, row.name)


@functools.cache
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
        is_line = isinstance(row, tmf641.LineReference | tmf641_v5_parts.LineReference)
        (must if required or row.always or is_line else may)[key] = made
    if isinstance(shape, TypedShape):
        may["@type"] = WORDS.map(lambda word: "Vendor" + word)
        may |= {"@baseType": WORDS, "@schemaLocation": WORDS}  # of a vendor's own class
        may |= {key: carried(row) for key, row in shape.carried.items()}
    made = st.builds(lambda known, rest: known | rest, st.fixed_dictionaries(must, optional=may), UNKNOWN)
    if isinstance(shape, Wrapped):
        return st.builds(lambda flat, rest: wrap(flat, shape.member, shape.around, shape.word) | rest, made, UNKNOWN)
    return made


def carried(row, depth=0):
    """Values of a member that the model has no name for, in v5's form."""
    one = {"id": WORDS, "name": WORDS, "role": WORDS, "@type": WORDS.map(lambda word: "Vendor" + word)}
    one |= dict.fromkeys(row.renamed, WORDS)
    one |= {key: carried(inner, depth - 1) for key, inner in row.inner.items() if depth}
    if row.nested:
        one = {"role": WORDS, row.nested: st.fixed_dictionaries({"id": WORDS}, optional={"name": WORDS, "x-y": JSON})}
    if row.renamed:
        del one["id"]
    objects = st.builds(lambda known, rest: known | rest, st.fixed_dictionaries({}, optional=one), UNKNOWN)
    return objects | st.lists(objects, max_size=1)


def within(less, more):
    """Whether everything that `less` says is said by `more`, at its place; null says nothing."""
    if isinstance(less, dict) and isinstance(more, dict):
        return all(within(one, more[key]) if key in more else one is None for key, one in less.items())
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


PATCHES = {
    ResourceKind.PRODUCT_ORDER: {"description": "as agreed"},
    ResourceKind.SERVICE_ORDER: {"description": "as agreed"},
    ResourceKind.CUSTOMER_BILL: {"state": "settled"},
}
BOTH_WAYS = [
    pytest.param(one.resource(kind), other.resource(kind), id=f"{one.face}-{other.face}-{kind}")
    for v4, v5 in zip(V4, V5, strict=True)
    for one, other in ((v4, v5), (v5, v4))
    for kind in PATCHES
    if v4.resource(kind)
]


@pytest.mark.parametrize(("mine", "other"), BOTH_WAYS)
@quick
@given(data=st.data())
def test_what_one_version_made_survives_a_patch_through_the_other(mine, other, data):
    created = mine.from_wire(data.draw(wire(mine.shape, 2))).model_copy(update={"id": "x"})
    patch = PATCHES[mine.kind]
    assert mine.to_wire(changed(other, created, patch), "") == mine.to_wire(created, "") | patch


@pytest.mark.parametrize("version", [tmf622, tmf622_v5], ids=["v4", "v5"])
@quick
@given(data=st.data())
def test_hostile_values_are_kept_or_refused_plainly(version, data):
    """Outside the schema check (a trace), a value of any type stands where another is expected."""
    rows = version.SPOKE.resources[0].shape.rows
    hostile = data.draw(st.dictionaries(st.sampled_from([*rows, "x"]), JSON))
    try:
        order = version.order_from_wire(hostile)
    except ValueError:
        return
    said = version.order_to_wire(order)
    assert version.order_to_wire(version.order_from_wire(said)) == said


@every_resource_of_v4
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
        (common_v5.ITEM_STATE, OrderState),
        (common_v5.TASK_STATE, TaskState),
        (common_v5.ACTION, ItemAction),
        (tmf622_v5_parts.ORDER_STATE, OrderState),
        (tmf622_v5_parts.INITIAL_STATE, OrderState),
        (tmf641_v5_parts.ORDER_STATE, OrderState),
        (tmf641_v5_parts.SERVICE_STATE, ServiceState),
        (tmf678_v5.BILL_STATE, BillState),
        (tmf678_v5.ON_DEMAND_STATE, OnDemandState),
    ],
)
def test_every_canonical_code_can_be_said(table, codes):
    assert set(table) == set(codes)

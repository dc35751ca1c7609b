"""Filters on the stored JSON, and what hostile ones come to."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.common import Characteristic, ExternalId
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.order import Product, ProductOrderItem
from gateway.canonical.states import OrderState
from gateway.ports.errors import FaceError
from gateway.ports.repository import RESOURCE_TYPES, Change, Query
from gateway.storage.shapes import Shape, shapes

PRODUCT_ORDER = ResourceKind.PRODUCT_ORDER


@pytest.fixture
async def orders(repository, an_order, intake):
    """Three orders, alike but for what the names of the keys say."""
    plain = an_order("plain")
    nested_item = ProductOrderItem(id="1.1", action="modify", quantity=7, product=Product(serial="SN-7"))
    nested = an_order(
        "nested",
        state=OrderState.HELD,
        category="B2B",
        order_date=datetime(2026, 3, 2, tzinfo=UTC),
        items=(plain.items[0].model_copy(update={"id": "9", "items": (nested_item,)}),),
        external_ids=(ExternalId(value="CRM-2"), ExternalId(value="WEB-9")),
        extras={"@type": "SpecialOrder", "x-list": [{"a": {"b": 1}}, {"a": [{"b": "two"}, 3]}], "a.b": 1},
    )
    bare = an_order("bare", state=None, category="O\"Neill's %_\\", items=(), external_ids=(), extras={})
    for order in (plain, nested, bare):
        await repository.save(intake(order))
    return plain, nested, bare


@pytest.fixture
def found(repository):
    async def found(*where, **more):
        page = await repository.find(Query(PRODUCT_ORDER, where, **more))
        assert page.total == len(page.items) or more
        return [order.id for order in page.items]

    return found


@pytest.mark.parametrize(
    ("path", "wanted", "ids"),
    [
        ("id", ("plain", "bare"), ["plain", "bare"]),
        ("state", ("held",), ["nested"]),
        ("state", ("held", "acknowledged"), ["plain", "nested"]),
        ("order_id", ("nested",), ["nested"]),
        ("category", ("B2C",), ["plain"]),
        ("category", ("b2c",), []),
        ("category", ("O\"Neill's %_\\",), ["bare"]),
        ("category", ("B2C", "B2B"), ["plain", "nested"]),
        ("category", (), []),
        ("external_ids.value", ("CRM-1",), ["plain"]),
        ("external_ids.value", ("WEB-9",), ["nested"]),
        ("external_ids.value", ("CRM-1", "CRM-2"), ["plain", "nested"]),
        ("external_ids.value", ("",), []),
        ("external_ids.issuer", ("crm",), ["plain"]),
        ("items.id", ("9",), ["nested"]),
        ("items.items.id", ("1.1",), ["nested"]),
        ("items.items.quantity", ("7",), ["nested"]),
        ("items.items.product.serial", ("SN-7",), ["nested"]),
        ("items.quantity", ("2",), ["plain"]),
        ("items.quantity", ("2.0",), ["plain"]),
        ("items.quantity", ("two",), []),
        ("items.product.is_bundle", ("true",), ["plain", "nested"]),
        ("items.product.is_bundle", ("false",), ["plain"]),
        ("items.product.is_bundle", ("1",), []),
        ("items.product.characteristics.value", ("200 Mbit/s",), ["plain"]),
        ("items.product.characteristics.value", ("2.5",), ["plain"]),
        ("items.product.characteristics.value", ("true",), ["plain"]),
        ("items.product.characteristics.value.when", ("2026-05-01T08:00:00Z",), ["plain", "nested"]),
        ("items.product.places.id", ("place-2",), ["plain"]),
        ("items.prices.net.amount", ("29.90",), ["plain", "nested"]),
        ("items.offering.id", ("fibre-500",), ["plain", "nested"]),
        ("order_date", ("2026-03-02T01:00:00+01:00",), ["nested"]),
        ("order_date", ("2026-03-01T12:30:15.25Z",), ["plain", "bare"]),
        ("order_date", ("2026-03-02T00:00:00",), []),
        ("extras.@type", ("SpecialOrder",), ["nested"]),
        ("extras.x-list.a.b", ("1",), ["nested"]),
        ("extras.x-list.a.b", ("two",), ["nested"]),
        ("extras.x-list.a", ("3",), ["nested"]),
        ("extras.nothing", ("null",), []),
        ("parties.name", ("Ünal Ó'Brien",), ["plain", "nested", "bare"]),
        ("revision", ("1",), ["plain", "nested", "bare"]),
        ("items", ("1",), []),
        ("no.such.path", ("1",), []),
        ("category.deeper", ("B2C",), []),
        ("größe", ("1",), []),
    ],
)
async def test_a_filter_finds_what_has_the_value_at_the_path(orders, found, path, wanted, ids):
    assert await found((path, wanted)) == ids


async def test_conditions_are_anded_and_values_ored(orders, found):
    assert await found(("state", ("held",)), ("category", ("B2B", "B2C"))) == ["nested"]
    assert await found(("state", ("held",)), ("category", ("B2C",))) == []
    assert await found(("items.id", ("1",)), ("items.id", ("2",))) == ["plain"]


@pytest.mark.parametrize("where", [(), (("state", ("acknowledged",)),), (("category", ("B2C",)),)])
async def test_a_page_is_part_of_the_whole_in_order_of_creation(repository, an_order, intake, where):
    ids = [f"order-{number:02}" for number in (5, 3, 9, 1, 7, 2)]
    for order_id in ids:
        await repository.save(intake(an_order(order_id)))

    async def page(offset, limit):
        found = await repository.find(Query(PRODUCT_ORDER, where, offset=offset, limit=limit))
        return [order.id for order in found.items], found.total

    assert await page(0, 100) == (ids, 6)
    assert await page(0, 2) == (ids[:2], 6)
    assert await page(4, 10) == (ids[4:], 6)
    assert await page(6, 10) == ([], 6)
    assert await page(0, 0) == ([], 6)
    assert await page(-3, -1) == ([], 6)


HOSTILE = [
    "'; DROP TABLE product_order; --",
    'category") OR 1=1 --',
    'category"',
    "items[0].id",
    "items[#-1]",
    "$.category",
    "$",
    "",
    ".",
    "a..b",
    "x" * 10_000,
    ".".join("x" * 40),
    "category\x00",
    "category\n",
    "\\u0022",
    "doc') , ('x",
    "items.*",
    "**",
]


@pytest.mark.parametrize("path", HOSTILE)
async def test_a_hostile_path_finds_nothing_or_is_refused(orders, found, path):
    try:
        assert await found((path, ("B2C",))) == []
    except FaceError as error:
        assert error.status == 400
        assert len(str(error)) < 400
    assert len(await found()) == 3


@pytest.mark.parametrize("path", ["id", "state", "category", "external_ids.value", "items.id", "extras.@type"])
@pytest.mark.parametrize("value", [*HOSTILE, "%", "_", "B2_", "\ud800", "1e999", "9" * 40, "NaN", '"B2C"', "[]", "{}"])
async def test_a_hostile_value_is_compared_and_nothing_else(orders, found, path, value):
    assert await found((path, (value,))) == []
    assert len(await found()) == 3


async def test_too_many_values_are_refused(orders, found):
    with pytest.raises(FaceError, match="fewer"):
        await found(("category", tuple(map(str, range(5000)))))


SCALARS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(SCALARS, min_size=1, max_size=4), listed=st.booleans())
async def test_any_scalar_is_found_by_its_text_alone_or_in_a_list(repository, an_order, values, listed):
    shown = values if listed else values[0]
    order = an_order("any", items=(ProductOrderItem(id="1", action="add", product=Product(
        characteristics=(Characteristic(name="x", value=shown),))),))  # fmt: skip
    await repository.save(Change(put=((PRODUCT_ORDER, order),)))
    for value in values if listed else values[:1]:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        query = Query(PRODUCT_ORDER, (("items.product.characteristics.value", (text,)),))
        assert (await repository.find(query)).total == 1


STRIDE = {"sqlite": 1, "postgresql": 5}
"""Of how many members one is asked for: the places are the same on both, and a statement on PostgreSQL costs more."""


@pytest.mark.parametrize("kind", ResourceKind)
async def test_every_kind_can_be_filtered_by_every_member(repository, filled, a_lifecycle, kind):
    model = RESOURCE_TYPES[kind]
    owner = {"order_id": "order-1"} if "order_id" in model.model_fields else {}
    resource = filled(model, id="resource-1", **owner)
    await repository.save(Change(lifecycle=a_lifecycle("order-1"), put=((kind, resource),)))
    every = dict(leaves(resource.model_dump(mode="json", exclude_none=True))).items()
    for path, text in list(every)[:: STRIDE[repository._database.dialect]]:
        page = await repository.find(Query(kind, ((path, (text,)),)))
        assert page.total == 1, (path, text)
        page = await repository.find(Query(kind, ((path, (f"{text}x",)),)))
        assert page.total == 0, (path, text)


def leaves(value, path=""):
    """Yield (path, text) of every scalar in JSON data."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, path)
    elif value is not None and "\x00" not in str(value):  # such a text cannot be found
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def test_the_model_says_where_lists_are():
    path = ("items", "product", "characteristics", "value", "anything")
    assert shapes(PRODUCT_ORDER, path) == (Shape.MANY, Shape.ONE, Shape.MANY, Shape.EITHER, Shape.EITHER)
    assert shapes(PRODUCT_ORDER, ("extras", "@type")) == (Shape.EITHER, Shape.EITHER)
    assert shapes(PRODUCT_ORDER, ("state",)) == (Shape.ONE,)
    assert shapes(PRODUCT_ORDER, ("unknown",)) == (Shape.EITHER,)
    assert shapes(ResourceKind.APPLIED_RATE, ("period_cover", "start")) == (Shape.ONE, Shape.ONE)


async def test_an_external_id_is_looked_up_and_not_searched_for(sqlite_database):
    statements = []

    def explain(conn):
        for column in ("external = 'x' OR (external = '' AND instr(doc, 'x'))", "state = 'held'", "id = 'x'"):
            rows = conn.cursor.execute(f"EXPLAIN QUERY PLAN SELECT rowid FROM product_order WHERE {column}")
            statements.extend(row[3] for row in rows)

    await sqlite_database.read(explain)
    assert not [line for line in statements if line.startswith("SCAN")]

"""Filters and sorting in the database mean what they mean in plain Python."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.common import Characteristic, Price
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.money import Money
from gateway.canonical.numbers import number_key
from gateway.canonical.order import Product, ProductOrderItem
from gateway.ports.errors import FaceError
from gateway.ports.query import AllOf, AnyOf, Condition, Negated, Operator, SortKey, Within
from gateway.ports.repository import Change, Query
from gateway.storage.conditions import Conditions
from gateway.storage.find import find
from gateway.storage.indexer import Indexer
from tests.matching import fits, moment, number, ordered

ORDER = ResourceKind.PRODUCT_ORDER
CHARACTERISTICS = "items.product.characteristics"
AMOUNT = "items.prices.net.amount"
WORDS = ["a", "b", "ab", "A", "é", "speed", "ports", "10", "9", "007", "true", "2026-05-01T10:00:00+02:00", "O'x", "%"]
NUMBERS = ["10", "9.5", "-3", "0", "0.1", "1e2", "29.9", "29.90", "100", "9007199254740993"]
MOMENTS = ["2026-05-01T08:00:00Z", "2026-05-01T10:00:00.5+02:00", "2025-12-31T23:59:59Z"]
TEXTS = st.sampled_from([*WORDS, *NUMBERS, *MOMENTS])
SCALARS = st.one_of(
    TEXTS, st.booleans(), st.integers(-20, 120), st.sampled_from([9.5, 0.1, 1e2, -3.0, 29.9, 2.0**60, 9007199254740993])
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.fixed_dictionaries({"when": SCALARS}), st.none())
AMOUNTS = st.sampled_from(["29.90", "29.9", "10", "9.50", "-3", "100.00"]).map(Decimal)
DATES = st.sampled_from([datetime(2026, 5, 1, 8, tzinfo=UTC) + timedelta(hours=h) for h in (0, 1, -30)])

characteristics = st.builds(Characteristic, name=st.sampled_from(["speed", "ports", "a"]), value=VALUES)
prices = st.builds(Price, net=AMOUNTS.map(lambda amount: Money(amount=amount, currency="EUR")))
items = st.builds(
    ProductOrderItem,
    id=st.sampled_from(["1", "2"]),
    action=st.sampled_from(["add", "delete"]),
    quantity=st.none() | st.integers(0, 12),
    product=st.none() | st.builds(Product, characteristics=st.lists(characteristics, max_size=3)),
    prices=st.lists(prices, max_size=2),
)
changes = st.fixed_dictionaries(
    {
        "items": st.lists(items, max_size=3).map(tuple),
        "category": st.none() | TEXTS,
        "priority": st.none() | TEXTS,
        "order_date": st.none() | DATES,
        "extras": st.dictionaries(st.sampled_from(["x", "@type"]), VALUES, max_size=2),
    }
)
PATHS = [
    "category",
    "order_date",
    "items.id",
    "items.quantity",
    AMOUNT,
    f"{CHARACTERISTICS}.name",
    f"{CHARACTERISTICS}.value",
    f"{CHARACTERISTICS}.value.when",
    "extras.x",
    "state",
    "external_ids.value",
    "priority",
    "items.offering.id",
]
PATTERNS = ["^a", "b$", "[0-9]+", "^(a|é)b?$", "T1.:"]


def conditions(paths):
    plain = st.sampled_from([one for one in Operator if one not in (Operator.REGEX, Operator.EXISTS)])
    return st.one_of(
        st.builds(Condition, st.sampled_from(paths), plain, st.lists(TEXTS, min_size=1, max_size=2).map(tuple)),
        st.builds(
            Condition, st.sampled_from(paths), st.just(Operator.REGEX), st.sampled_from(PATTERNS).map(lambda p: (p,))
        ),
        st.builds(Condition, st.sampled_from(paths), st.just(Operator.EXISTS)),
    )


def joined(inner):
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(st.builds(AllOf, parts), st.builds(AnyOf, parts), st.builds(Negated, inner))


inside = st.recursive(conditions(["name", "value", "value.when"]), joined, max_leaves=3)
filters = st.recursive(
    st.one_of(
        conditions(PATHS),
        st.builds(Within, st.just(CHARACTERISTICS), inside),
        st.builds(Within, st.just("items"), st.builds(Within, st.just("product.characteristics"), inside)),
        st.builds(Within, st.just("items.product"), conditions(["characteristics.value"])),
    ),
    joined,
    max_leaves=4,
)


async def store(repository, database, kept, gone, unread):
    """Store orders of which the last few are not indexed yet."""
    first = len(kept) - unread if unread < len(kept) else 0
    await repository.save(Change(put=tuple((ORDER, order) for order in kept[:first]), remove=gone))
    await Indexer(database).catch_up()
    await repository.save(Change(put=tuple((ORDER, order) for order in kept[first:])))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=st.lists(changes, min_size=1, max_size=6),
    asked=st.lists(filters, min_size=1, max_size=12),
    unread=st.integers(0, 3),
)
async def test_the_database_finds_what_plain_python_finds(repository, database, an_order, made, asked, unread):
    kept = [an_order(f"order-{number}", **some) for number, some in enumerate(made)]
    gone = tuple((ORDER, f"order-{number}") for number in range(len(made), 6))
    await store(repository, database, kept, gone, unread)
    documents = [order.model_dump(mode="json", exclude_none=True) for order in kept]
    for one in asked:
        page = await repository.find(Query(ORDER, filters=(one,)))
        wanted = [data["id"] for data in documents if fits(one, data, (AMOUNT,))]
        assert sorted(order.id for order in page.items) == wanted, one
        assert page.total == len(wanted)


async def test_every_operator_means_the_same_of_every_value(repository, database, an_order):
    every = [*WORDS, *NUMBERS, *MOMENTS]
    values = [*every, True, False, 10, 9.5, 0, 100, 29.9, 2**53 + 1, ["9", 10], [], {"when": "10"}, None]
    kept = [
        an_order(
            f"order-{place:02}",
            category=every[place % len(every)],
            order_date=datetime(2026, 5, 1, 8, tzinfo=UTC) + timedelta(hours=place % 3 - 1),
            items=(
                ProductOrderItem(
                    id=str(place),
                    action="add",
                    quantity=place - 5,
                    product=Product(
                        characteristics=(Characteristic(name=every[-1 - place % len(every)], value=value),)
                    ),
                    prices=(Price(net=Money(amount=Decimal(NUMBERS[place % len(NUMBERS)]), currency="EUR")),),
                ),
            ),
            extras={} if value is None else {"x": value},
        )
        for place, value in enumerate(values)
    ]
    await repository.save(Change(put=tuple((ORDER, order) for order in kept)))
    documents = [order.model_dump(mode="json", exclude_none=True) for order in kept]
    operators = [one for one in Operator if one not in (Operator.REGEX, Operator.EXISTS)]
    asked = [Condition(path, operator, (text,)) for path in PATHS for operator in operators for text in every]
    asked += [Condition(path, Operator.REGEX, (pattern,)) for path in PATHS for pattern in PATTERNS]
    asked += [Condition(path, Operator.EXISTS) for path in PATHS]
    asked += [Negated(one) for one in asked[::7]]
    few = asked[::9]
    unread = await database.read(lambda conn: [find(conn, Query(ORDER, filters=(one,))) for one in few])
    await Indexer(database).catch_up()
    read = await database.read(lambda conn: [find(conn, Query(ORDER, filters=(one,))) for one in asked])
    for one, (docs, total) in [*zip(few, unread, strict=True), *zip(asked, read, strict=True)]:
        wanted = [data["id"] for data in documents if fits(one, data, (AMOUNT,))]
        assert [json.loads(doc)["id"] for doc in docs] == wanted, one
        assert total == len(wanted)


def text(value):
    return value if isinstance(value, str) else None


READINGS = {
    "category": [text],
    "priority": [text],
    "order_date": [moment],
    "items.quantity": [number],
    AMOUNT: [number],
    f"{CHARACTERISTICS}.name": [text],
    "extras.x": [
        lambda value: None if isinstance(value, str | bool | dict) else number(value),
        text,
        lambda value: value if isinstance(value, bool) else None,
    ],
}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=st.lists(changes, min_size=2, max_size=6),
    keys=st.lists(st.builds(SortKey, st.sampled_from(list(READINGS)), st.booleans()), min_size=1, max_size=3),
    limit=st.integers(1, 6),
    unread=st.integers(0, 3),
    where=st.sampled_from([(), (("state", ("acknowledged",)),)]),  # all of them
)
async def test_the_database_sorts_as_plain_python_does_with_the_id_last(
    repository, database, an_order, made, keys, limit, unread, where
):
    kept = [an_order(f"order-{number}", **some) for number, some in enumerate(made)]
    gone = tuple((ORDER, f"order-{number}") for number in range(len(made), 6))
    await store(repository, database, kept, gone, unread)
    documents = [order.model_dump(mode="json", exclude_none=True) for order in kept]
    readings = [(key.path, key.descending, reading) for key in keys for reading in READINGS[key.path]]
    wanted = [data["id"] for data in ordered(documents, readings)]
    seen = []
    for offset in range(0, 6, limit):
        page = await repository.find(Query(ORDER, where, sort=tuple(keys), offset=offset, limit=limit))
        seen += [order.id for order in page.items]
    assert seen == wanted


@given(
    st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.integers(-(10**30), 10**30), min_size=2)
)
def test_keys_of_numbers_sort_as_the_numbers_do(numbers):
    keys = [number_key(f"{number:f}" if isinstance(number, Decimal) else number) for number in numbers]
    for one, key in zip(numbers, keys, strict=True):
        for other, other_key in zip(numbers, keys, strict=True):
            assert (one < other, one == other) == (key < other_key, key == other_key)


@pytest.mark.parametrize("text", ["", "x", "1x", "01", "NaN", "Infinity", "1_0", "9" * 500, "1e99999", None])
def test_what_is_no_number_has_no_key(text):
    assert number_key(text) is None


@pytest.mark.parametrize("path", ["", "a..b", 'a"b', "items[0].id", ".".join("x" * 40)])
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_bad_path_is_refused_in_filters_and_in_keys(path, dialect):
    with pytest.raises(FaceError, match="no path"):
        Conditions(ORDER, dialect).all_of([Condition(path, Operator.GT, ("1",))])
    with pytest.raises(FaceError, match="no path"):
        Conditions(ORDER, dialect).keys([SortKey(path)])


def test_a_pattern_that_is_not_read_is_refused_by_the_name_of_its_path():
    with pytest.raises(FaceError, match="category"):
        Conditions(ORDER, "sqlite").all_of([Condition("category", Operator.REGEX, (r"(a)\1",))])

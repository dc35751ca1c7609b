"""Values that are looked up stay in step with the documents."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.common import Characteristic, Party
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.query import AllOf, Condition, Operator, Within
from gateway.ports.repository import Change, Query
from gateway.storage.anchors import Anchors
from gateway.storage.leaves import tokens, tokens_of

ORDER = ResourceKind.PRODUCT_ORDER
CHARACTERISTICS = "items.product.characteristics"


@pytest.fixture
def found(repository):
    async def found(path, *values):
        page = await repository.find(Query(ORDER, filters=(Condition(path, Operator.EQ, values),)))
        assert page.total == len(page.items)
        return [order.id for order in page.items]

    return found


async def rows(database):
    return await database.read(lambda conn: conn.cursor.execute("SELECT count(*) FROM leaf").fetchall()[0][0])


async def test_a_value_is_found_while_it_stands_in_the_document_and_no_longer(database, repository, an_order, found):
    order = an_order("one")
    await repository.save(Change(put=((ORDER, order),)))
    count = await rows(database)
    assert await found("parties.id", "p-1") == ["one"]
    await repository.save(Change(put=((ORDER, order),)))
    assert await rows(database) == count
    moved = order.model_copy(update={"parties": (Party(id="p-2"),), "revision": 2})
    await repository.save(Change(put=((ORDER, moved),)))
    assert (await found("parties.id", "p-1"), await found("parties.id", "p-2")) == ([], ["one"])
    assert await rows(database) == count
    await repository.save(Change(remove=((ORDER, "one"),)))
    assert (await found("parties.id", "p-2"), await rows(database)) == ([], 0)


async def test_several_values_of_one_order_count_once_and_in_order_of_creation(repository, an_order, found):
    for name in ("b", "a"):
        await repository.save(Change(put=((ORDER, an_order(name)),)))
    assert await found(f"{CHARACTERISTICS}.value", "100 Mbit/s", "200 Mbit/s", "1.5") == ["b", "a"]
    assert await found(f"{CHARACTERISTICS}.value", "true") == ["b", "a"]
    assert await found(f"{CHARACTERISTICS}.value", "nowhere") == []


async def test_what_is_looked_up_is_not_searched_for(database, repository, an_order):
    await repository.save(Change(put=((ORDER, an_order("one")),)))
    name, value = (Condition(path, Operator.EQ, (text,)) for path, text in (("name", "speed"), ("value", "100 Mbit/s")))
    asked = Query(ORDER, filters=(Within(CHARACTERISTICS, AllOf((name, value))),))
    assert [order.id for order in (await repository.find(asked)).items] == ["one"]
    if database.dialect != "sqlite":
        return  # with few rows its planner prefers to read them all
    plans = await database.read(
        lambda conn: conn.cursor.execute(
            "EXPLAIN QUERY PLAN SELECT t.id FROM product_order AS t WHERE t.id IN (SELECT l.id FROM leaf AS l WHERE l.token = 1)"
        ).fetchall()
    )
    assert not [plan[3] for plan in plans if plan[3].startswith("SCAN")]


async def test_a_page_deep_in_the_list_is_right_whatever_was_added_or_removed(repository, an_order, monkeypatch):
    monkeypatch.setattr("gateway.storage.anchors._NEAR", 2)
    assert isinstance(repository._anchors, Anchors)
    ids = [f"order-{number:02}" for number in range(12)]
    for name in ids:
        await repository.save(Change(put=((ORDER, an_order(name)),)))

    async def walk():
        for offset in (4, 3, 7, 6, 5, 9, 8, 4, 11, 10, 20):
            page = await repository.find(Query(ORDER, offset=offset, limit=2))
            assert [order.id for order in page.items] == ids[offset : offset + 2], offset
            assert page.total == len(ids)

    await walk()
    await walk()
    await repository.save(Change(remove=((ORDER, ids.pop(1)),)))
    await walk()
    ids.append("order-99")
    await repository.save(Change(put=((ORDER, an_order("order-99")),)))
    await walk()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=3)
    | st.sampled_from(["2026-03-01T10:00:00Z", "12.50", "true"]) | st.decimals(-9, 9, places=2) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, max_size=4), st.lists(st.text(max_size=2), max_size=2))
def test_the_values_of_an_order_are_those_of_its_document(values, parties):
    characteristics = tuple(Characteristic(name="c", value=value) for value in values)
    items = (
        ProductOrderItem(id="1", action=ItemAction.ADD, product=Product(characteristics=characteristics)),
        ProductOrderItem(id="2", action=ItemAction.ADD, product=Product()),
        ProductOrderItem(id="3", action=ItemAction.ADD),
    )
    order = ProductOrder(id="one", parties=tuple(Party(id=party) for party in parties), items=items)
    doc = order.model_dump_json(exclude_none=True)
    assert tokens_of(ORDER, order, doc) == tokens(ORDER, doc)
    assert tokens_of(ResourceKind.CUSTOMER_BILL, order, doc) == frozenset()

"""Values that are looked up stay in step with the documents."""

import pytest

from gateway.canonical.common import Party
from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.query import AllOf, Condition, Operator, Within
from gateway.ports.repository import Change, Query
from gateway.storage.anchors import Anchors

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

"""Values that are looked up follow the documents, and a page is right whatever the indexer has read."""

import pytest

from gateway.canonical.common import Party
from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.query import AllOf, Condition, Operator, SortKey, Within
from gateway.ports.repository import Change, Query
from gateway.storage.anchors import Anchors
from gateway.storage.find import find
from gateway.storage.indexer import Indexer
from gateway.storage.leaves import INDEXED, entries, is_single, pack, ranks_in, unpack
from gateway.storage.repository import SqlRepository

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
    counts = "SELECT (SELECT count(*) FROM leaf), (SELECT count(*) FROM leaf_rank), (SELECT count(*) FROM indexed)"
    return await database.read(lambda conn: conn.cursor.execute(counts).fetchall()[0])


async def test_a_value_is_found_while_it_stands_in_the_document_and_no_longer(database, repository, an_order, found):
    indexer = Indexer(database)
    order = an_order("one")
    await repository.save(Change(put=((ORDER, order),)))
    assert await rows(database) == (0, 0, 0)
    assert await found("parties.id", "p-1") == ["one"]
    await indexer.catch_up()
    count = await rows(database)
    assert await found("parties.id", "p-1") == ["one"]
    await repository.save(Change(put=((ORDER, order),)))
    assert await found("parties.id", "p-1") == ["one"]
    await indexer.catch_up()
    assert await rows(database) == count
    moved = order.model_copy(update={"parties": (Party(id="p-2"),), "revision": 2})
    await repository.save(Change(put=((ORDER, moved),)))
    assert (await found("parties.id", "p-1"), await found("parties.id", "p-2")) == ([], ["one"])
    await indexer.catch_up()
    assert (await found("parties.id", "p-1"), await found("parties.id", "p-2")) == ([], ["one"])
    assert await rows(database) == count
    await repository.save(Change(remove=((ORDER, "one"),)))
    assert await found("parties.id", "p-2") == []
    await indexer.catch_up()
    assert (await found("parties.id", "p-2"), await rows(database)) == ([], (0, 0, 0))


async def test_several_values_of_one_order_count_once_and_in_order_of_creation(repository, an_order, found, database):
    for name in ("b", "a"):
        await repository.save(Change(put=((ORDER, an_order(name)),)))
    for _ in range(2):
        assert await found(f"{CHARACTERISTICS}.value", "100 Mbit/s", "200 Mbit/s", "1.5") == ["b", "a"]
        assert await found(f"{CHARACTERISTICS}.value", "true") == ["b", "a"]
        assert await found(f"{CHARACTERISTICS}.value", "nowhere") == []
        await Indexer(database).catch_up()


async def test_what_is_looked_up_is_not_searched_for(sqlite_database, an_order):
    database = sqlite_database
    await SqlRepository(database).save(Change(put=((ORDER, an_order("one")),)))
    await Indexer(database).catch_up()
    name, value = (Condition(path, Operator.EQ, (text,)) for path, text in (("name", "speed"), ("value", "100 Mbit/s")))
    more = Condition("order_date", Operator.GT, ("2020-01-01T00:00:00Z",))
    statements = []

    def read(conn):
        raw = conn.cursor.connection
        raw.set_trace_callback(statements.append)
        asked = Query(ORDER, filters=(Within(CHARACTERISTICS, AllOf((name, value))), more))
        docs, total = find(conn, asked)
        raw.set_trace_callback(None)
        plans = [conn.cursor.execute(f"EXPLAIN QUERY PLAN {one}").fetchall() for one in statements]
        return docs, total, [row[3] for plan in plans for row in plan]

    docs, total, plans = await database.read(read)
    assert (len(docs), total) == (1, 1)
    assert not [plan for plan in plans if "SCAN" in plan and "product_order" in plan]


async def test_a_sorted_page_has_what_is_indexed_and_what_is_not_in_one_order(
    database, repository, an_order, monkeypatch
):
    monkeypatch.setattr("gateway.storage.find_sets._FEW", 0)
    for number in (3, 1, 4, 1, 5, 9, 2, 6):
        name = f"order-{number}"
        await repository.save(Change(put=((ORDER, an_order(name, priority=str(9 - number))),)))
        if number == 4:
            await Indexer(database).catch_up()

    async def walk(descending):
        key = SortKey("priority", descending=descending)
        pages = [await repository.find(Query(ORDER, sort=(key,), offset=at, limit=2)) for at in range(0, 8, 2)]
        assert {page.total for page in pages} == {7}
        return [order.id[-1] for page in pages for order in page.items]

    for _ in range(2):
        assert "".join(await walk(descending=False)) == "9654321"
        assert "".join(await walk(descending=True)) == "1234569"
        await Indexer(database).catch_up()


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        (Condition("priority", Operator.GTE, ("3",)), "34567"),
        (Condition("priority", Operator.LT, ("6",)), "12345"),
        (Condition("category", Operator.EQ, ("odd",)), "1357"),
        (Condition("category", Operator.EQ, ("odd", "even")), "1234567"),
        (Condition("category", Operator.EQ, ("none",)), ""),
        (
            AllOf((Condition("category", Operator.EQ, ("odd",)), Condition("state", Operator.EQ, ("acknowledged",)))),
            "1357",
        ),
    ],
)
async def test_pages_of_a_filter_make_the_whole_whatever_is_indexed(
    database, repository, an_order, monkeypatch, where, kept
):
    monkeypatch.setattr("gateway.storage.find_sets._AT_FIRST", 4)

    async def walk():
        for limit in (2, 9):
            for offset in range(9):
                page = await repository.find(Query(ORDER, filters=(where,), offset=offset, limit=limit))
                assert page.total == len(kept)
                assert "".join(order.id[-1] for order in page.items) == kept[offset : offset + limit]

    for number in range(1, 8):
        order = an_order(f"order-{number}", priority=str(number), category="odd" if number % 2 else "even")
        await repository.save(Change(put=((ORDER, order),)))
        if number == 4:
            await Indexer(database).catch_up()
    await walk()
    await Indexer(database).catch_up()
    await walk()
    await repository.save(Change(put=((ORDER, order.model_copy(update={"revision": 2})),)))
    await walk()


def test_entries_are_packed_without_loss(an_order):
    found = entries(ORDER, an_order("one", priority="x" * 300).model_dump_json())
    assert found.tokens
    assert found.ranks
    assert unpack(pack(found)) == found
    assert all(rank in ranks_in(pack(found), token) for token, rank in found.ranks)
    assert sum(len(ranks_in(pack(found), token)) for token in {token for token, _ in found.ranks}) == len(found.ranks)


@pytest.mark.parametrize("kind", ResourceKind)
def test_what_is_ranked_has_one_value_at_most(kind):
    assert all(is_single(kind, path) for path in INDEXED[kind].ranked)


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

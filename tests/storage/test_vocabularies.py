"""The store of vocabularies: one active version each, none changed once adopted, and orders that wait for a code."""

from datetime import UTC, datetime

import pytest

from gateway.ports.errors import SetupError
from gateway.ports.vocabulary_store import StoredTable, TableStatus
from gateway.storage.vocabularies import SqlVocabularyStore

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def store(database):
    return SqlVocabularyStore(database)


def table(version, digest="a", vocab="v"):
    return StoredTable(
        vocab=vocab,
        version=version,
        digest=digest,
        text="…",
        status=TableStatus.STAGED,
        who="anna",
        reason="because",
        at=AT,
    )


async def test_one_version_is_active_and_the_one_before_is_retired(store):
    await store.adopt([table(2)], {})
    await store.adopt([table(3, "b"), table(1, vocab="w")], {})
    assert [(one.vocab, one.version) for one in await store.active()] == [("v", 3), ("w", 1)]
    assert [(one.version, one.status) for one in await store.versions("v")] == [(3, "active"), (2, "retired")]


@pytest.mark.parametrize("version", [1, 2])
async def test_a_version_that_does_not_rise_is_refused_and_nothing_of_it_is_stored(store, version):
    await store.adopt([table(2)], {})
    for refused in ([table(version, "other")], [table(9, vocab="w"), table(version, "other")]):
        with pytest.raises(SetupError, match=r"does not rise|other content"):
            await store.adopt(refused, {})
    assert [one.digest for one in await store.active()] == ["a"]


async def test_a_draft_may_change_until_it_is_adopted(store):
    await store.stage([table(2, "draft")])
    await store.stage([table(2, "better")])
    assert (await store.active()) == ()
    await store.adopt([table(2, "better")], {})
    with pytest.raises(SetupError, match="adopted before with other content"):
        await store.stage([table(2, "worse")])
    await store.stage([table(2, "better")])
    assert [one.status for one in await store.versions("v")] == ["active"]


async def test_orders_wait_for_exactly_the_code_that_they_met(store):
    for order, code in (("o1", "X"), ("o1", "X"), ("o2", "X"), ("o3", "Y")):
        await store.met_unknown("v", code, order)
    assert [(one.code, one.count, one.orders, one.waiting) for one in await store.unknown()] == [
        ("X", 3, 2, 2),
        ("Y", 1, 1, 1),
    ]
    await store.settled("v", "X", "o2")
    assert list(await store.adopt([table(2)], {"v": {"X"}})) == ["o1"]
    assert {one.code: one.waiting for one in await store.unknown()} == {"X": 0, "Y": 1}
    assert list(await store.adopt([table(3, "b")], {"v": {"X", "Y"}})) == ["o3"]
    await store.met_unknown("v", "X", "o1")
    assert {one.code: one.waiting for one in await store.unknown()} == {"X": 1, "Y": 0}


async def test_codes_met_add_up(store):
    await store.count({("v", "A"): 2, ("v", "B"): 1})
    await store.count({("v", "A"): 3, ("w", "A"): 1})
    assert await store.counts("v") == {"A": 5, "B": 1}

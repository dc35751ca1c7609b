"""Rule sets are kept, and at most one of them is active."""

from datetime import UTC, datetime

import pytest

from gateway.ports.rule_sets import RuleSetStatus, StoredRuleSet
from gateway.storage.database import Database
from gateway.storage.rule_sets import SqlRuleSets

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(database):
    return SqlRuleSets(database)


def a_rule_set(text, **more):
    given = {"name": "operator", "version": 1, "who": "j.doe", "staged_at": NOW, "check": {"orders": {"newlyHeld": 0}}}
    return StoredRuleSet(document=text, digest=f"sha256:{text}", **{**given, **more})


async def activate(store, number):
    return await store.activate(number, who="j.doe", at=NOW, reason=None, check={"seen": True})


async def test_numbers_rise_and_the_same_document_keeps_its_own(store):
    one, two = await store.add(a_rule_set("one")), await store.add(a_rule_set("two"))
    again = await store.add(a_rule_set("one", check={"orders": {"newlyHeld": 5}}))
    assert (one.number, two.number, again.number) == (1, 2, 1)
    assert (await store.get(1)).check == {"orders": {"newlyHeld": 5}}
    assert (await store.get(2)).document == "two"
    assert await store.get(3) is None


async def test_one_is_active_and_the_one_before_is_retired(store):
    for text in ("one", "two"):
        await store.add(a_rule_set(text))
    assert await store.active_number() is None
    await activate(store, 1)
    active = await activate(store, 2)
    assert (active.status, active.activated_by, active.check) == (RuleSetStatus.ACTIVE, "j.doe", {"seen": True})
    assert await store.active_number() == 2
    assert [one.status for one in (await store.page())[0]] == ["active", "retired"]
    await activate(store, 1)
    assert [one.status for one in (await store.page())[0]] == ["retired", "active"]
    assert await activate(store, 9) is None


async def test_a_document_that_was_retired_is_a_new_one_when_it_comes_again(store):
    for text in ("one", "two"):
        await activate(store, (await store.add(a_rule_set(text))).number)
    assert (await store.add(a_rule_set("one"))).number == 3


async def test_pages_show_the_newest_first(store):
    for text in ("one", "two", "three"):
        await store.add(a_rule_set(text, origin="file" if text == "two" else "api"))
    found, total = await store.page(offset=1, limit=1)
    assert ([one.document for one in found], total) == (["two"], 3)
    assert (await store.newest_from("file")).document == "two"
    assert await store.newest_from("elsewhere") is None


async def test_what_is_active_is_active_for_everybody_on_the_file(store, store_url):
    await store.add(a_rule_set("one"))
    await activate(store, 1)
    other = await Database.open(store_url)
    try:
        assert await SqlRuleSets(other).active_number() == 1
    finally:
        await other.close()

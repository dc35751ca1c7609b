"""The tables can be spread over several databases by order: every one of them says where it lives."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from gateway.canonical.ids import SHARDS, new_id, shard_of
from gateway.storage.tables import every_table

PLACES = yaml.safe_load(Path(__file__).with_name("sharding.yaml").read_text())
TABLES = {table.name: table for table in every_table()}


def test_every_table_says_where_it_lives():
    named = [name for tables in PLACES.values() for name in tables]
    assert len(named) == len(set(named))
    assert set(named) == set(TABLES)


@pytest.mark.parametrize("name", [*PLACES["order"], *PLACES["own"]])
def test_a_sharded_table_has_the_shard_in_its_key_and_in_whatever_else_is_unique(name):
    table = TABLES[name]
    assert "shard" in table.primary_key.columns
    assert [index.name for index in table.indexes if index.unique and "shard" not in index.columns] == []


@pytest.mark.parametrize("name", [*PLACES["derived"], *PLACES["everywhere"]])
def test_a_table_without_shards_has_none(name):
    assert "shard" not in TABLES[name].columns


@pytest.mark.parametrize("name", TABLES)
def test_no_table_counts_for_all(name):
    text = str(CreateTable(TABLES[name]).compile(dialect=postgresql.dialect()))
    assert "SERIAL" not in text
    assert "IDENTITY" not in text


def test_events_and_facts_are_numbered_by_order():
    for name, number in {"event": "seq", "fact": "position", "hold": "position", "decision": "position"}.items():
        table = TABLES[name]
        assert number in table.columns
        assert any(list(index.columns.keys())[:2] == ["order_id", number] for index in table.indexes)


def test_ids_are_uuids_of_version_7_and_fall_evenly_into_the_shards():
    ids = [new_id() for _ in range(20_000)]
    assert {made[14] for made in ids} == {"7"}
    assert ids == sorted(ids)
    counts = [0] * 8
    for made in ids:
        shard = shard_of(made)
        assert 0 <= shard < SHARDS
        counts[shard * 8 // SHARDS] += 1
    assert max(counts) < 1.15 * min(counts)

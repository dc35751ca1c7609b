"""A PostgreSQL store whose tables are split by shard: the server itself then refuses whatever is not in its shard."""

import pytest
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from gateway.canonical.ids import SHARDS
from gateway.storage.tables import creation, every_table

PARTS = 2


def split(postgres, name):
    """Make all tables in an empty database, each that has a shard in parts of it."""
    sharded = {table.name for table in every_table() if "shard" in table.columns}
    statements = []
    for text in creation(dialect()):
        made = text.strip().removeprefix("CREATE TABLE ").split(" ", 1)[0]
        if not text.strip().startswith("CREATE TABLE ") or made not in sharded:
            statements.append(text)
            continue
        statements.append(f"{text.rstrip()} PARTITION BY RANGE (shard)")
        for part in range(PARTS):
            first, end = part * SHARDS // PARTS, (part + 1) * SHARDS // PARTS
            statements.append(
                f"CREATE TABLE part_{part}.{made} PARTITION OF {made} FOR VALUES FROM ({first}) TO ({end})"
            )
    schemas = [f"CREATE SCHEMA part_{part}" for part in range(PARTS)]
    postgres.sql(";\n".join([*schemas, *statements]), database=name)


@pytest.fixture(scope="module")
def split_store(postgres):
    name = postgres.empty()
    split(postgres, name)
    return name


@pytest.fixture
def store_url(postgres, split_store):
    postgres.clean(split_store)
    return postgres.server.url(split_store)

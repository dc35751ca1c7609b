"""Every table of the store, and the order in which they are made. A new module of tables is named here."""

from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.storage import (
    schema_agreement,
    schema_dead_letter,
    schema_exceptions,
    schema_listeners,
    schema_polling,
    schema_support,
    schema_vocabulary,
)
from gateway.storage.migrations import HEAD, OLDEST
from gateway.storage.schema import metadata

__all__ = ["TOPICS", "creation", "every_table"]

TOPICS = (
    schema_agreement,
    schema_dead_letter,
    schema_exceptions,
    schema_listeners,
    schema_polling,
    schema_support,
    schema_vocabulary,
)
"""Modules with further tables; naming them here makes their tables known to `metadata`."""


def every_table() -> list[Table]:
    """Return all tables, by name."""
    return sorted(metadata.tables.values(), key=lambda table: table.name)


def creation(dialect: Dialect) -> Iterator[str]:
    """Yield the SQL that makes all tables of an empty store at once; a test holds this and the migrations together."""
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.info.get("only", dialect.name) == dialect.name:
                yield str(CreateIndex(index).compile(dialect=dialect))
    yield (
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    yield f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')"  # noqa: S608 - our own words
    yield f"INSERT INTO schema_support (id, oldest) VALUES (1, '{OLDEST}')"  # noqa: S608 - the same

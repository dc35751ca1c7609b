"""The tables of values that are looked up where they stand deep in a document. No shard: they are about all of them.

They follow the documents: what was stored stands in `unindexed` until the indexer has read it, and queries look into
the documents named there themselves.
"""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from gateway.streams.tables import metadata

__all__ = ["indexed", "leaf", "leaf_rank", "unindexed"]

leaf = Table(
    "leaf",
    metadata,
    Column("token", BigInteger, primary_key=True, autoincrement=False),  # of kind, path and value
    Column("created", BigInteger, primary_key=True, autoincrement=False),  # as in the resource's row
    Column("id", Text, primary_key=True),  # of the resource
    sqlite_with_rowid=False,
)

leaf_rank = Table(
    "leaf_rank",
    metadata,
    Column("token", BigInteger, primary_key=True, autoincrement=False),  # of kind, path and what is compared there
    Column("rank", LargeBinary, primary_key=True),  # bytes that sort as the value does
    Column("id", Text, primary_key=True),
    Column("created", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

indexed = Table(
    "indexed",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("entries", LargeBinary, nullable=False),  # what stands in the two tables above for this resource
    sqlite_with_rowid=False,
)

unindexed = Table(
    "unindexed",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    sqlite_with_rowid=False,
)

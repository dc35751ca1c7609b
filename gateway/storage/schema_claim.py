"""The table of keys that stand for a resource. Its shard is the key's own: a key is looked for before any order."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["claim"]

claim = Table(
    "claim",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # a digest
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("order_id", Text, nullable=False),  # the lifecycle that the resource belongs to
    Column("expires", BigInteger),  # µs; None: never
    sqlite_with_rowid=False,
)
_ends = claim.c.expires.is_not(None)
Index("claim_expires", claim.c.expires, sqlite_where=_ends, postgresql_where=_ends)

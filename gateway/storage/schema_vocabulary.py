"""The tables of vocabularies. They have no shard: every shard needs all of them."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["met_code", "unknown_code", "unknown_code_order", "vocabulary_version"]

vocabulary_version = Table(
    "vocabulary_version",
    metadata,
    Column("vocab", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("vocabulary_version_status", vocabulary_version.c.status)

unknown_code = Table(
    "unknown_code",
    metadata,
    Column("vocab", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
)

unknown_code_order = Table(
    "unknown_code_order",
    metadata,
    Column("vocab", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("waiting", Integer, nullable=False),  # 1 until a table that has the code is adopted
)

met_code = Table(
    "met_code",
    metadata,
    Column("vocab", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

"""The table of rule sets. No shard: every shard obeys the same one."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from gateway.streams.tables import metadata

__all__ = ["rule_set"]

rule_set = Table(
    "rule_set",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("doc", Text, nullable=False),  # the whole of it, the document's text included
)
Index("rule_set_status", rule_set.c.status)

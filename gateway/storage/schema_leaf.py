"""The table of values that are looked up where they stand deep in a document. No shard: it is about all of them."""

from sqlalchemy import BigInteger, Column, Table, Text

from gateway.streams.tables import metadata

__all__ = ["leaf"]

leaf = Table(
    "leaf",
    metadata,
    Column("token", BigInteger, primary_key=True, autoincrement=False),  # of kind, path and value
    Column("created", BigInteger, primary_key=True, autoincrement=False),  # as in the resource's row
    Column("id", Text, primary_key=True),  # of the resource
    sqlite_with_rowid=False,
)

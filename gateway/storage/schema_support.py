"""Which releases a schema still serves. A release that is older than the schema reads it before it goes on."""

from sqlalchemy import Column, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["schema_support"]

schema_support = Table(
    "schema_support",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one row
    Column("oldest", Text, nullable=False),  # the oldest newest-revision of a release that may use this schema
)

"""The table of cursors: how far each legacy system was asked for changes."""

from sqlalchemy import BigInteger, Column, Table, Text

from gateway.streams.tables import metadata

__all__ = ["poll_cursor"]

poll_cursor = Table(
    "poll_cursor",
    metadata,
    Column("id", Text, primary_key=True),  # role|system
    Column("position", Text),  # in the words of its adapter
    Column("moved", BigInteger, nullable=False),  # µs
    sqlite_with_rowid=False,
)
"""One row a role and system that is polled."""

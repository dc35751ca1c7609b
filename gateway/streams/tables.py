"""The two tables of the streams, on the metadata that storage adds its own tables to."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

__all__ = ["metadata", "stream", "work"]

metadata = MetaData()

stream = Table(
    "stream",
    metadata,
    Column("id", Text, primary_key=True),  # lane|key
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("lane", Text, nullable=False),
    Column("tail", BigInteger, nullable=False),  # sequence of the last work enqueued
    Column("done", BigInteger, nullable=False),  # sequence of the last work done or skipped
    Column("due", BigInteger),  # µs: when it can be claimed; of a leased stream the end of the lease; None when parked
    Column("attempts", Integer, nullable=False),  # claims of the head since it last went well
    Column("rounds", Integer, nullable=False),  # how often the head asked to be called again
    Column("first_try", BigInteger),  # µs: when the head was first claimed since it last went well
    Column("token", Text),  # of the lease; an answer under another token changes nothing
    Column("parked", BigInteger),  # µs: since when it waits for an operator
    Column("error", Text),
    # Claims of the head of which nobody knows whether they reached the legacy system; the present one counts.
    Column("doubts", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
"""One row for each key that has work in a lane; an idle stream has no row."""

_waits, _stopped = stream.c.due.is_not(None), stream.c.parked.is_not(None)
Index("stream_due", stream.c.lane, stream.c.due, sqlite_where=_waits, postgresql_where=_waits)
Index("stream_parked", stream.c.parked, sqlite_where=_stopped, postgresql_where=_stopped)

work = Table(
    "work",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What is to be done, in the order in which it was committed."""

"""What operators did to streams, and what the lanes got done. No shard: it is of lanes, not of orders."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["lane_minute", "stream_action"]

stream_action = Table(
    "stream_action",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),  # µs
    Column("action", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("works", Integer, nullable=False),  # how many were dropped, or go on
)
Index("stream_action_at", stream_action.c.at)

lane_minute = Table(
    "lane_minute",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),  # since 1970
    Column("done", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("parked", BigInteger, nullable=False),
)
"""How much each lane got done in each minute of the last day, all processes together."""

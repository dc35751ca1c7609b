"""The tables of notifications: how each listener fares, who took which event, and what others sent here."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["delivery", "heard_event", "listener_state"]

listener_state = Table(
    "listener_state",  # no shard: a listener hears of all of them. No row: it was never in trouble
    metadata,
    Column("listener", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("cursor", Text),
    Column("round", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),  # the whole of it
)

delivery = Table(
    "delivery",
    metadata,
    Column("listener", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),  # of the event
    Column("at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("round", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("delivery_event", delivery.c.event)
Index("delivery_at", delivery.c.listener, delivery.c.at)

heard_event = Table(
    "heard_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("received", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)
Index("heard_event_status", heard_event.c.status, heard_event.c.received)
Index("heard_event_received", heard_event.c.received)

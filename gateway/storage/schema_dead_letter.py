"""The table of messages from a broker that could not be taken. Its shard is the message's own: none names its order."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from gateway.streams.tables import metadata

__all__ = ["dead_letter"]

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Text, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("received", BigInteger, nullable=False),  # µs
    Column("closed", BigInteger),  # µs; None while somebody has to look
    Column("closed_as", Text),
    Column("who", Text),
    Column("why", Text),
)
Index("dead_letter_received", dead_letter.c.received)

"""What all processes know of each legacy system. No shard: every shard asks the same systems."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["circuit", "circuit_change"]

circuit = Table(
    "circuit",
    metadata,
    Column("system", Text, primary_key=True),
    Column("lanes", Text, nullable=False),  # names, a comma between them
    Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("openings", Integer, nullable=False),
    Column("since", BigInteger),  # µs
    Column("until", BigInteger),  # µs: when the next probe may go
    Column("reason", Text, nullable=False),
    Column("settings", Text, nullable=False),  # digest of the settings under which it was last asked or locked
    Column("full_at", BigInteger, nullable=False),  # µs: when the bucket of its rate is full again
    Column("revision", BigInteger, nullable=False),
)
"""One row for each system that a process has ever worked with."""

circuit_change = Table(
    "circuit_change",
    metadata,
    Column("system", Text, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),  # µs
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Each change of a circuit's state; kept for `circuits.KEPT_DAYS`."""

"""FreeRADIUS's tables, as its own PostgreSQL schema makes them, and the adapter's (`schema.sql`).

Running numbers are no keys here: nobody asks for the number of a row that was written.
"""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import INET

__all__ = ["ADDRESSES", "CHECKS", "GROUPS", "GROUP_REPLIES", "MARKS", "OWN_ROWS", "REPLIES"]

_METADATA = MetaData()


def _attributes(name: str, owner: str) -> Table:
    columns = Column("attribute", Text), Column("op", Text), Column("value", Text)
    return Table(name, _METADATA, Column("id", Integer), Column(owner, Text), *columns)


CHECKS = _attributes("radcheck", "username")
REPLIES = _attributes("radreply", "username")
GROUP_REPLIES = _attributes("radgroupreply", "groupname")
GROUPS = Table(
    "radusergroup",
    _METADATA,
    Column("id", Integer),
    Column("username", Text),
    Column("groupname", Text),
    Column("priority", Integer),
)
OWN_ROWS = (CHECKS, REPLIES, GROUPS)
"""The tables that hold rows of one subscriber. None has a key but its running number."""

ADDRESSES = Table(
    "radippool",
    _METADATA,
    Column("id", Integer),
    Column("pool_name", Text),
    Column("framedipaddress", INET),
    Column("pool_key", Text),
    Column("expiry_time", DateTime),  # without a zone; the adapter's sessions are in UTC
    Column("username", Text),
)
MARKS = Table(
    "tmf_gateway_mark",
    _METADATA,
    Column("id", Integer),
    Column("reference", Text),
    Column("item", Text),
    Column("verb", Text),
    Column("username", Text),
    Column("specification", Text),
    Column("product", Text),
    Column("offering", Text),
    Column("address", Text),
    Column("at", DateTime(timezone=True)),
)

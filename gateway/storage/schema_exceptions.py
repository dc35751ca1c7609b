"""The tables of exceptions. Nothing here is counted up: figures are queries, so that no row is everybody's.

`exception_case` has a row from an order's exception to its end. `exception_group` is written when a fingerprint is
first seen, and when somebody works on it. Moments are in microseconds since 1970.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["case", "fix", "group", "group_event", "replay", "stake"]

case = Table(
    "exception_case",
    metadata,
    Column("id", Text, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("closed", BigInteger),  # None while it is open
    Column("cause", Text),  # why it ended
    Column("origin", Text, nullable=False),
    Column("blocked_by", Text, nullable=False),
    Column("currency", Text),  # of what the order earns a month; further currencies stand in exception_stake
    Column("monthly", BigInteger),  # minor units
    Column("doc", Text, nullable=False),
)
Index("exception_case_group", case.c.fingerprint, case.c.opened)
Index("exception_case_order", case.c.order_id, case.c.fingerprint)
Index("exception_case_opened", case.c.opened)
# All that figures are made of: they are counted without a look at the rows.
Index(
    "exception_case_figures",
    *(case.c[name] for name in ["fingerprint", "order_id", "opened", "closed", "blocked_by", "currency", "monthly"]),
)

stake = Table(
    "exception_stake",  # what the order of a case earns a month in a second currency and further ones
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("monthly", BigInteger, nullable=False),  # minor units
)

group = Table(
    "exception_group",  # no shard: its members are in all of them
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("first", BigInteger, nullable=False),
    Column("gate", Text, nullable=False),
    Column("fault_class", Text, nullable=False),
    Column("known_at", Text, nullable=False),
    Column("signature", Text, nullable=False),  # JSON
    Column("status", Text, nullable=False),
    Column("owner", Text),
    Column("suspected_cause", Text),
    Column("note", Text),
    Column("fix", Text),
    Column("reopened", Integer, nullable=False),
)
Index("exception_group_status", group.c.status, group.c.first)

group_event = Table(
    "exception_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("who", Text),
    Column("detail", Text, nullable=False),  # JSON
)
Index("exception_event_group", group_event.c.fingerprint, group_event.c.at)

fix = Table(
    "exception_fix",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("staged", BigInteger, nullable=False),
    Column("adopted", BigInteger),
    Column("has_policy", Integer, nullable=False),  # 1 where it changes parameters: those are looked for often
    Column("doc", Text, nullable=False),
)
Index("exception_fix_group", fix.c.fingerprint, fix.c.staged)
Index("exception_fix_adopted", fix.c.has_policy, fix.c.adopted)

replay = Table(
    "exception_replay",
    metadata,
    Column("fix", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("round", Integer, nullable=False),  # rises when those that still hold are tried again
    Column("at", BigInteger),  # when its systems were asked
)
Index("exception_replay_state", replay.c.fix, replay.c.state)

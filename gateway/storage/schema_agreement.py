"""The tables of identities, of products in use, and of what reading the systems back has shown."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.streams.tables import metadata

__all__ = ["agreement_run", "drift", "identity", "product_in_use", "read_back"]


def _key() -> tuple[Column[str], Column[int]]:
    return (
        Column("id", Text, primary_key=True),
        Column("shard", Integer, primary_key=True, autoincrement=False),
    )


identity = Table(
    "identity",
    metadata,
    *_key(),
    Column("system", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("legacy_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("our_id", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("valid_from", BigInteger, nullable=False),  # µs
    Column("valid_to", BigInteger),  # µs; None while it holds
    Column("recorded", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)
Index("identity_legacy", identity.c.legacy_id, identity.c.scheme, identity.c.system)
Index("identity_ours", identity.c.our_id)
Index("identity_order", identity.c.order_id)
Index("identity_recorded", identity.c.recorded)

product_in_use = Table(
    "product_in_use",
    metadata,
    *_key(),
    Column("order_id", Text, nullable=False),  # '' where no order of ours has settled it yet
    Column("item_id", Text, nullable=False),
    Column("changing", Text),
    Column("ended", BigInteger),
    Column("checked", BigInteger, nullable=False),  # 0: never
)
Index("product_in_use_checked", product_in_use.c.checked)
Index("product_in_use_order", product_in_use.c.order_id)

drift = Table(
    "drift",
    metadata,
    *_key(),
    Column("order_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("closed", BigInteger),
    Column("doc", Text, nullable=False),
)
Index("drift_order", drift.c.order_id, drift.c.opened)
Index("drift_open", drift.c.opened, sqlite_where=drift.c.closed.is_(None), postgresql_where=drift.c.closed.is_(None))

read_back = Table(
    "read_back",
    metadata,
    *_key(),  # the order's id
    Column("at", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)

agreement_run = Table(
    "agreement_run",
    metadata,
    *_key(),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("doc", Text, nullable=False),
)
Index("agreement_run_ended", agreement_run.c.ended)

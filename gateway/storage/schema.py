"""The tables. Time-ordered ids keep inserts at the right edge of every index; `shard` stands in every key.

A resource is a row with its canonical JSON and the few columns that queries need. `created` is in microseconds and
rises with every row that a process makes, so that it orders rows of the same instant too.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, func

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage import schema_claim, schema_leaf, schema_rule_sets  # noqa: F401 - makes their tables known to whoever makes tables
from gateway.streams import circuit_tables, office_tables  # noqa: F401 - the same
from gateway.streams.tables import metadata

__all__ = ["RESOURCES", "decision", "event", "fact", "hold", "judged_inputs", "lifecycle", "listener", "metadata"]


def _key() -> tuple[Column[str], Column[int]]:
    return (
        Column("id", Text, primary_key=True),
        Column("shard", Integer, primary_key=True, autoincrement=False),
    )


def _resource(name: str) -> Table:
    table = Table(
        name,
        metadata,
        *_key(),
        Column("order_id", Text, nullable=False),  # the lifecycle it belongs to; '' for none
        Column("revision", BigInteger, nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("state", Text),
        Column("external", Text),  # the only external id; '' where there are several, None where there is none
        Column("doc", Text, nullable=False),
    )
    # Pages are counted to in an index alone: SQLite's have what finds a row in any case, PostgreSQL's need the id.
    Index(f"{name}_created", table.c.created, info={"only": "sqlite"})
    Index(f"{name}_page", table.c.created, table.c.id, info={"only": "postgresql"})
    Index(f"{name}_state", table.c.state, table.c.created, table.c.id)
    Index(
        f"{name}_external",
        table.c.external,
        sqlite_where=table.c.external.is_not(None),
        postgresql_where=table.c.external.is_not(None),
    )
    if name != "product_order":  # a product order's lifecycle has its own id
        Index(f"{name}_order", table.c.order_id, table.c.created)
    return table


RESOURCES: dict[ResourceKind, Table] = {
    ResourceKind.PRODUCT_ORDER: _resource("product_order"),
    ResourceKind.CANCEL_PRODUCT_ORDER: _resource("cancel_product_order"),
    ResourceKind.SERVICE_ORDER: _resource("service_order"),
    ResourceKind.CANCEL_SERVICE_ORDER: _resource("cancel_service_order"),
    ResourceKind.CUSTOMER_BILL: _resource("customer_bill"),
    ResourceKind.APPLIED_RATE: _resource("applied_rate"),
    ResourceKind.ON_DEMAND_BILL: _resource("on_demand_bill"),
    ResourceKind.BILL_CYCLE: _resource("bill_cycle"),
}
"""The table of each kind."""

lifecycle = Table(
    "lifecycle",
    metadata,
    *_key(),
    Column("version", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("checkpoint", Text, nullable=False),
    Column("state", Text),  # of its root
    Column("root", Text, nullable=False),
    Column("doc", Text, nullable=False),
    sqlite_with_rowid=False,
)
# All that a list or a count needs, in one narrow index.
Index("lifecycle_list", lifecycle.c.created, lifecycle.c.checkpoint, lifecycle.c.state, lifecycle.c.root)

fact = Table(
    "fact",
    metadata,
    *_key(),
    Column("order_id", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # in the order's chain
    Column("predicate", Text, nullable=False),
    Column("serial", Text),  # the value's `serial`: what only one order may have is looked for in all of them
    Column("doc", Text, nullable=False),
)
Index("fact_order", fact.c.order_id, fact.c.position)
Index(
    "fact_serial",
    fact.c.serial,
    fact.c.predicate,
    sqlite_where=fact.c.serial.is_not(None),
    postgresql_where=fact.c.serial.is_not(None),
)
Index("fact_predicate", fact.c.predicate)

hold = Table(
    "hold",
    metadata,
    *_key(),
    Column("order_id", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("released", BigInteger),  # µs; None while it is open
    Column("doc", Text, nullable=False),
)
Index("hold_order", hold.c.order_id, hold.c.position)
Index("hold_open", hold.c.since, sqlite_where=hold.c.released.is_(None), postgresql_where=hold.c.released.is_(None))

decision = Table(
    "decision",
    metadata,
    *_key(),
    Column("order_id", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)
Index("decision_order", decision.c.order_id, decision.c.position)

judged_inputs = Table(
    "judged_inputs",  # what decisions looked at besides facts and resources: once for all that looked at the same
    metadata,
    Column("id", Text, primary_key=True),  # order id|digest
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("doc", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    *_key(),
    Column("order_id", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("state", Text),
    Column("changed", Text, nullable=False),  # JSON array of names
    Column("resource", Text, nullable=False),  # the snapshot, apart from the rest so that it is not escaped twice
)
Index("event_order", event.c.order_id, event.c.seq)

listener = Table(
    "listener",  # no shard: every shard needs all of them
    metadata,
    Column("id", Text, primary_key=True),
    Column("face", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("query", Text),
)
Index("listener_same", listener.c.face, listener.c.callback, func.coalesce(listener.c.query, ""), unique=True)

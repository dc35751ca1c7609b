"""The first schema."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_RESOURCES = (
    "product_order",
    "cancel_product_order",
    "service_order",
    "cancel_service_order",
    "customer_bill",
    "applied_rate",
    "on_demand_bill",
)


def upgrade() -> None:
    """Make every table."""
    for name in _RESOURCES:
        _resource(name)
    _lifecycle()
    _event()
    _streams()


def _key() -> tuple[sa.Column[str], sa.Column[int]]:
    return sa.Column("id", sa.Text, primary_key=True), sa.Column("shard", sa.Integer, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _resource(name: str) -> None:
    op.create_table(
        name,
        *_key(),
        _text("order_id"),
        _number("revision"),
        _number("created"),
        _text("state", nullable=True),
        _text("external", nullable=True),
        _text("doc"),
    )
    op.create_index(f"{name}_created", name, ["created"])
    op.create_index(f"{name}_state", name, ["state", "created"])
    op.create_index(
        f"{name}_external",
        name,
        ["external"],
        sqlite_where=sa.text("external IS NOT NULL"),
        postgresql_where=sa.text("external IS NOT NULL"),
    )
    if name != "product_order":
        op.create_index(f"{name}_order", name, ["order_id", "created"])


def _lifecycle() -> None:
    op.create_table(
        "lifecycle",
        *_key(),
        _number("version"),
        _number("created"),
        _text("checkpoint"),
        _text("state", nullable=True),
        _text("root"),
        _text("doc"),
        sqlite_with_rowid=False,
    )
    op.create_index("lifecycle_list", "lifecycle", ["created", "checkpoint", "state", "root"])
    op.create_table(
        "fact",
        *_key(),
        _text("order_id"),
        _number("position"),
        _text("predicate"),
        _text("serial", nullable=True),
        _text("doc"),
    )
    op.create_index(
        "fact_serial",
        "fact",
        ["serial", "predicate"],
        sqlite_where=sa.text("serial IS NOT NULL"),
        postgresql_where=sa.text("serial IS NOT NULL"),
    )
    op.create_index("fact_order", "fact", ["order_id", "position"])
    op.create_index("fact_predicate", "fact", ["predicate"])
    op.create_table(
        "hold",
        *_key(),
        _text("order_id"),
        _number("position"),
        _number("since"),
        _number("released", nullable=True),
        _text("doc"),
    )
    op.create_index("hold_order", "hold", ["order_id", "position"])
    op.create_index(
        "hold_open",
        "hold",
        ["since"],
        sqlite_where=sa.text("released IS NULL"),
        postgresql_where=sa.text("released IS NULL"),
    )
    op.create_table("decision", *_key(), _text("order_id"), _number("position"), _text("doc"))
    op.create_index("decision_order", "decision", ["order_id", "position"])


def _event() -> None:
    op.create_table(
        "event",
        *_key(),
        _text("order_id"),
        _number("seq"),
        _text("kind"),
        _text("resource_id"),
        _text("type"),
        _text("at"),
        _text("state", nullable=True),
        _text("changed"),
        _text("resource"),
    )
    op.create_index("event_order", "event", ["order_id", "seq"])
    op.create_table(
        "listener",
        sa.Column("id", sa.Text, primary_key=True),
        _text("face"),
        _text("callback"),
        _text("query", nullable=True),
    )
    op.create_index("listener_same", "listener", ["face", "callback", sa.text("coalesce(query, '')")], unique=True)


def _streams() -> None:
    op.create_table(
        "stream",
        *_key(),
        _text("lane"),
        _number("tail"),
        _number("done"),
        _number("due", nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("rounds", sa.Integer, nullable=False),
        _number("first_try", nullable=True),
        _text("token", nullable=True),
        _number("parked", nullable=True),
        _text("error", nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "stream_due",
        "stream",
        ["lane", "due"],
        sqlite_where=sa.text("due IS NOT NULL"),
        postgresql_where=sa.text("due IS NOT NULL"),
    )
    op.create_index(
        "stream_parked",
        "stream",
        ["parked"],
        sqlite_where=sa.text("parked IS NOT NULL"),
        postgresql_where=sa.text("parked IS NOT NULL"),
    )
    op.create_table(
        "work",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True),
        _text("id"),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )

"""Identities, products in use, drifts and read-backs."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "identity",
        *_key(),
        *(_text(name) for name in ("system", "scheme", "issuer", "legacy_id", "kind", "our_id", "order_id")),
        _number("valid_from"),
        _number("valid_to", nullable=True),
        _number("recorded"),
        _text("doc"),
    )
    op.create_index("identity_legacy", "identity", ["legacy_id", "scheme", "system"])
    op.create_index("identity_ours", "identity", ["our_id"])
    op.create_index("identity_order", "identity", ["order_id"])
    op.create_index("identity_recorded", "identity", ["recorded"])
    op.create_table(
        "product_in_use",
        *_key(),
        _text("order_id"),
        _text("item_id"),
        _text("changing", nullable=True),
        _number("ended", nullable=True),
        _number("checked"),
    )
    op.create_index("product_in_use_checked", "product_in_use", ["checked"])
    op.create_index("product_in_use_order", "product_in_use", ["order_id"])
    op.create_table(
        "drift",
        *_key(),
        *(_text(name) for name in ("order_id", "code", "system")),
        _number("opened"),
        _number("closed", nullable=True),
        _text("doc"),
    )
    op.create_index("drift_order", "drift", ["order_id", "opened"])
    is_open = sa.text("closed IS NULL")
    op.create_index("drift_open", "drift", ["opened"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table("read_back", *_key(), _number("at"), _text("doc"))
    op.create_table("agreement_run", *_key(), _number("started"), _number("ended", nullable=True), _text("doc"))
    op.create_index("agreement_run_ended", "agreement_run", ["ended"])


def _key() -> tuple[sa.Column[str], sa.Column[int]]:
    return sa.Column("id", sa.Text, primary_key=True), sa.Column("shard", sa.Integer, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)

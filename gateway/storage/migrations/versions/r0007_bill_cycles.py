"""Billing cycles."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NAME = "bill_cycle"


def upgrade() -> None:
    """Make the table, as those of the other resources are."""
    op.create_table(
        _NAME,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("external", sa.Text),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index(f"{_NAME}_created", _NAME, ["created"])
    op.create_index(f"{_NAME}_state", _NAME, ["state", "created"])
    has_one = sa.text("external IS NOT NULL")
    op.create_index(f"{_NAME}_external", _NAME, ["external"], sqlite_where=has_one, postgresql_where=has_one)
    op.create_index(f"{_NAME}_order", _NAME, ["order_id", "created"])

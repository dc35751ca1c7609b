"""Versions of vocabularies, codes that they lack, and how often each code was met."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "vocabulary_version",
        _key("vocab"),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("digest", "text", "status", "who", "reason")),
        _number("at"),
    )
    op.create_index("vocabulary_version_status", "vocabulary_version", ["status"])
    op.create_table(
        "unknown_code", _key("vocab"), _key("code"), _number("first_seen"), _number("last_seen"), _number("count")
    )
    op.create_table(
        "unknown_code_order",
        _key("vocab"),
        _key("code"),
        _key("order_id"),
        sa.Column("waiting", sa.Integer, nullable=False),
    )
    op.create_table("met_code", _key("vocab"), _key("code"), _number("count"))


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)

"""Exceptions: what holds orders, in groups of one cause."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _cases()
    _groups()


def _text(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, primary_key=key)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _shard() -> sa.Column[int]:
    return sa.Column("shard", sa.Integer, primary_key=True)


def _cases() -> None:
    op.create_table(
        "exception_case",
        _text("id", key=True),
        _shard(),
        _text("order_id"),
        _text("fingerprint"),
        _number("opened"),
        _number("closed", nullable=True),
        _text("cause", nullable=True),
        _text("origin"),
        _text("blocked_by"),
        _text("currency", nullable=True),
        _number("monthly", nullable=True),
        _text("doc"),
    )
    op.create_index("exception_case_group", "exception_case", ["fingerprint", "opened"])
    op.create_index("exception_case_order", "exception_case", ["order_id", "fingerprint"])
    op.create_index("exception_case_opened", "exception_case", ["opened"])
    counted = ["fingerprint", "order_id", "opened", "closed", "blocked_by", "currency", "monthly"]
    op.create_index("exception_case_figures", "exception_case", counted)
    op.create_table(
        "exception_stake", _text("case_id", key=True), _text("currency", key=True), _shard(), _number("monthly")
    )


def _groups() -> None:
    op.create_table(
        "exception_group",
        _text("fingerprint", key=True),
        _number("first"),
        _text("gate"),
        _text("fault_class"),
        _text("known_at"),
        _text("signature"),
        _text("status"),
        _text("owner", nullable=True),
        _text("suspected_cause", nullable=True),
        _text("note", nullable=True),
        _text("fix", nullable=True),
        sa.Column("reopened", sa.Integer, nullable=False),
    )
    op.create_index("exception_group_status", "exception_group", ["status", "first"])
    op.create_table(
        "exception_event",
        _text("id", key=True),
        _text("fingerprint"),
        _number("at"),
        _text("what"),
        _text("who", nullable=True),
        _text("detail"),
    )
    op.create_index("exception_event_group", "exception_event", ["fingerprint", "at"])
    op.create_table(
        "exception_fix",
        _text("id", key=True),
        _text("fingerprint"),
        _number("staged"),
        _number("adopted", nullable=True),
        sa.Column("has_policy", sa.Integer, nullable=False),
        _text("doc"),
    )
    op.create_index("exception_fix_group", "exception_fix", ["fingerprint", "staged"])
    op.create_index("exception_fix_adopted", "exception_fix", ["has_policy", "adopted"])
    op.create_table(
        "exception_replay",
        _text("fix", key=True),
        _text("order_id", key=True),
        _text("state"),
        sa.Column("round", sa.Integer, nullable=False),
        _number("at", nullable=True),
    )
    op.create_index("exception_replay_state", "exception_replay", ["fix", "state"])

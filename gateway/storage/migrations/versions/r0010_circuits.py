"""What is known of each legacy system, doubts about what was sent to it, and what operators did to streams."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; a stream gets its doubts. The release before neither reads nor minds them."""
    op.add_column("stream", sa.Column("doubts", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "circuit",
        sa.Column("system", sa.Text, primary_key=True),
        _text("lanes"),
        _text("state"),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("openings", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("until", sa.BigInteger),
        _text("reason"),
        _text("settings"),
        _number("full_at"),
        _number("revision"),
    )
    op.create_table(
        "circuit_change",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
        _number("at"),
        _text("state"),
        _text("reason"),
    )
    op.create_table(
        "stream_action",
        sa.Column("id", sa.Text, primary_key=True),
        _number("at"),
        *(_text(name) for name in ("action", "lane", "key", "who", "reason")),
        sa.Column("works", sa.Integer, nullable=False),
    )
    op.create_index("stream_action_at", "stream_action", ["at"])
    op.create_table(
        "lane_minute",
        sa.Column("lane", sa.Text, primary_key=True),
        sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
        _number("done"),
        _number("failed"),
        _number("parked"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)

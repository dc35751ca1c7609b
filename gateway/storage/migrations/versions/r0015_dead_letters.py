"""Messages from a broker that could not be taken."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. The release before neither reads nor minds it."""
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        _text("source"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        *(_text(name) for name in ("code", "reason", "fix")),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.BigInteger),
        *(sa.Column(name, sa.Text) for name in ("closed_as", "who", "why")),
    )
    op.create_index("dead_letter_received", "dead_letter", ["received"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)

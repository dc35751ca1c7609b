"""On PostgreSQL, pages in the order of creation are counted to in an index alone.

Without the id in it, which SQLite's rows have anyway, every row before a page was read to put it in its place.
"""

from alembic import op

from gateway.storage.migrations.online import add_index, drop_index

__all__ = ["upgrade"]

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLES = (
    "product_order", "cancel_product_order", "service_order", "cancel_service_order",
    "customer_bill", "applied_rate", "on_demand_bill", "bill_cycle",
)  # fmt: skip


def upgrade() -> None:
    """Make the indexes beside the writes. The release before does as well with them as with those that go."""
    if op.get_context().dialect.name != "postgresql":
        return
    for table in _TABLES:
        add_index(f"{table}_page", table, ["created", "id"])
        drop_index(f"{table}_created", table)

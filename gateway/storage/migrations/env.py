"""Run by Alembic: migrates on the connection that it was given."""

from alembic import context

from gateway.storage import tables  # noqa: F401 - all tables belong to the metadata
from gateway.storage.schema import metadata

__all__: list[str] = []

_connection = context.config.attributes["connection"]
context.configure(
    connection=_connection,
    target_metadata=metadata,
    render_as_batch=True,
    # On a server each revision is a transaction of its own: no lock is held for longer than one needs it.
    transaction_per_migration=_connection.dialect.name == "postgresql",
)
with context.begin_transaction():
    context.run_migrations()

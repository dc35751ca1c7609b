"""Run by Alembic: migrates on the connection that it was given."""

from alembic import context

from gateway.storage import schema_agreement  # noqa: F401 - its tables belong to the metadata too
from gateway.storage.schema import metadata

__all__: list[str] = []

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

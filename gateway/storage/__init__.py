"""Repositories on SQLAlchemy Core: schema, migrations, the group-committing writer."""

__all__: list[str] = []

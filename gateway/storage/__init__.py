"""The database: schema, group-committed writes, and the repository on top."""

__all__: list[str] = []

"""The adapter for FreeRADIUS on PostgreSQL: activation by rows, verified by an Access-Request."""

__all__: list[str] = []

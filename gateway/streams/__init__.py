"""Durable work: in order for each order, retried, parked, never lost."""

__all__: list[str] = []

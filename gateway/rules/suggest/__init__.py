"""Shift left: from orders that one rule stopped to a site rule that asks the same question earlier."""

__all__: list[str] = []

"""Exceptions: what holds orders, grouped by cause, mended once for all of a group, counted as volume grows."""

__all__: list[str] = []

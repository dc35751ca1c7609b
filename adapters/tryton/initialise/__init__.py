"""Filling an empty Tryton; run by Tryton's own Python, which has `proteus`."""

__all__: list[str] = []

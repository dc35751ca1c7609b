"""Rows in the tables of a database."""

__all__: list[str] = []

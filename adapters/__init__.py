"""Adapters to legacy systems, and the kit they are made with."""

__all__: list[str] = []

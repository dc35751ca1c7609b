"""Adapters: code that talks to one legacy system each, and nothing else."""

__all__: list[str] = []

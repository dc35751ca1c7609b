"""The adapter for the simulated billing system."""

__all__: list[str] = []

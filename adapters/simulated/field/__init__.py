"""The adapter for the simulated field system."""

__all__: list[str] = []

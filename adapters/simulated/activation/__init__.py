"""The adapter for the simulated activation system."""

__all__: list[str] = []

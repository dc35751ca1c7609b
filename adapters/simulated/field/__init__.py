"""The adapter of the simulated field-work system."""

__all__: list[str] = []

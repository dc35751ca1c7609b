"""The adapter for the simulated crm system."""

__all__: list[str] = []

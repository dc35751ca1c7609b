"""The only code that changes a state."""

__all__: list[str] = []

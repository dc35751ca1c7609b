"""The TM Forum APIs as clients see them, one spoke a version."""

__all__: list[str] = []

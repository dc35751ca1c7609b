"""The adapter for a billing host that takes orders and gives answers as files."""

__all__: list[str] = []

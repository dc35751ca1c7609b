"""How a legacy system writes its fields: one kind a file, each read and written by pure functions."""

__all__: list[str] = []

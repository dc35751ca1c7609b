"""A stand-in for template: a small legacy system that keeps its rows in memory. It ends with whoever started it."""

__all__: list[str] = []

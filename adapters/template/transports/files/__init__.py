"""CSV files in two folders."""

__all__: list[str] = []

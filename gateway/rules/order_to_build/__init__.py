"""Rules that hold between what was ordered and what is to be built."""

__all__: list[str] = []

"""Rules that hold between what runs and what is charged."""

__all__: list[str] = []

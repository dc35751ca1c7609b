"""Rules on field work and activation."""

__all__: list[str] = []

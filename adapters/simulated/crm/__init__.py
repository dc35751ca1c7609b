"""The adapter of the simulated customer system. Read adapter.py first, then to_legacy.py and from_legacy.py."""

__all__: list[str] = []

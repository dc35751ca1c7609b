"""One adapter for each role; none of them knows over which transport it talks."""

__all__: list[str] = []

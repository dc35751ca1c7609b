"""What came of a run: JSON for machines, one page for people."""

__all__: list[str] = []

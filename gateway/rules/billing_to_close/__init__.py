"""Rules on bills and postings."""

__all__: list[str] = []

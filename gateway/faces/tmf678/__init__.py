"""TMF678 Customer Bill: handlers and, one a version, the tables of its wire."""

__all__: list[str] = []

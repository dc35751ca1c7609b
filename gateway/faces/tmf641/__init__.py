"""TMF641 Service Ordering: handlers and, one a version, the tables of its wire."""

__all__: list[str] = []

"""A landscape of real systems: Tryton, Request Tracker and FreeRADIUS. What it needs is in README.md."""

__all__: list[str] = []

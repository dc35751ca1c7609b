"""The demonstration: a simulated working day, sent over HTTP like anybody else's orders."""

__all__: list[str] = []

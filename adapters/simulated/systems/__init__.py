"""The four simulated legacy systems, each a server with its own store and its own dialect."""

__all__: list[str] = []

"""One client for each transport, all with the same methods: find, make, change, health, close."""

__all__: list[str] = []

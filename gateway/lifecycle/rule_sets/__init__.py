"""Rule sets in operation: read, looked at beside the orders they would meet, put into force."""

__all__: list[str] = []

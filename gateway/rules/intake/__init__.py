"""Rules that what the customer asked for must pass before anything is planned."""

__all__: list[str] = []

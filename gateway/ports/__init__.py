"""What the inside asks of the outside, as protocols, and the errors they share."""

__all__: list[str] = []

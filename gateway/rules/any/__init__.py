"""Rules that hold at every gate; a finding belongs to the gate of the parts that show it."""

__all__: list[str] = []

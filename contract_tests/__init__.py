"""The contract kit: what a vendor runs against an adapter or an address."""

__all__: list[str] = []

"""The contract kit: what a vendor runs against an adapter or an address. README.md is the vendor's page."""

__all__: list[str] = []

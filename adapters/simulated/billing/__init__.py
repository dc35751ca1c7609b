"""The adapter to the simulated billing system: contracts, charges, invoices and the ledger file drop."""

__all__: list[str] = []

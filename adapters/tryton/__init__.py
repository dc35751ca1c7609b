"""The adapter for Tryton 8: parties, accounts and offers (`customer`), subscriptions and invoices (`billing`)."""

__all__: list[str] = []

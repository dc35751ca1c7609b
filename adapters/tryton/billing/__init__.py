"""Tryton as the billing system: subscriptions and sales, consumption, invoices, the ledger."""

__all__: list[str] = []

"""Tryton as the customer system: parties, accounts, sites and their coverage, products, prices, leads."""

__all__: list[str] = []

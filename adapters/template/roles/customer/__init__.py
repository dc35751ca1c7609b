"""The adapter of template for customer: who it is, which account, which site, which price."""

__all__: list[str] = []

"""The adapter of template for billing: charges and bills."""

__all__: list[str] = []

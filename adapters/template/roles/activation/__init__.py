"""The adapter of template for activation: resources and services."""

__all__: list[str] = []

"""The adapter of template for field work: appointments and visits."""

__all__: list[str] = []

"""Four small simulated legacy systems and their adapters. Their results are always labelled simulated."""

__all__: list[str] = []

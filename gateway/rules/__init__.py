"""The semantic catalogue: checks with permanent codes, asked at gates."""

__all__: list[str] = []

"""The adapter for an upstream that speaks TM Forum's ordering APIs itself."""

__all__: list[str] = []

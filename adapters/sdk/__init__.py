"""What most adapters need: HTTP, redaction, reading of legacy answers."""

__all__: list[str] = []

"""What most adapters need: HTTP with our errors, safe XML, redaction, facts, reading a message."""

__all__: list[str] = []

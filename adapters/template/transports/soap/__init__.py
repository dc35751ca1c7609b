"""XML over SOAP 1.1."""

__all__: list[str] = []

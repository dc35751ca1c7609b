"""The adapter for a provisioning system that speaks SOAP: a mapping file says what its WSDL means."""

__all__: list[str] = []

"""The adapter to the simulated activation system: SOAP-like provisioning, and a probe beside it."""

__all__: list[str] = []

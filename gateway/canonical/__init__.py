"""The hub: frozen models of what the systems talk about, with no I/O and nothing of any version of a wire."""

__all__: list[str] = []

"""Tables between a legacy system's words and ours, and the landscape that says which systems there are."""

__all__: list[str] = []

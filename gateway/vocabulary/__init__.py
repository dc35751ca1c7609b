"""Translation tables between the words of a legacy system and ours."""

__all__: list[str] = []

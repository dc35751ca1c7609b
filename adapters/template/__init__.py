"""What `tmf-gateway adapter new` copies: a working adapter for each role, over each transport. Read README.md first."""

__all__: list[str] = []

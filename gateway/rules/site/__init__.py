"""Site rules: rules that an operator writes in YAML, with expressions in CEL, beside the built-in ones."""

__all__: list[str] = []

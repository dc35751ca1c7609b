"""tmf-gateway: TM Forum Open APIs in front, legacy systems behind, shared meaning in between."""

__all__: list[str] = []

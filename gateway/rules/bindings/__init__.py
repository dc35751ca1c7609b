"""Rule sets: how strictly each rule is taken, with which parameters, and what is waived until when."""

__all__: list[str] = []

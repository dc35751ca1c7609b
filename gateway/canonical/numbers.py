"""Numbers inside queries: texts that sort as the exact numbers do, where the database has no decimals itself."""

import re
from decimal import Decimal

__all__ = ["number_key"]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_LONGEST = 400
_MIDDLE = 50_000
_OTHER_WAY = str.maketrans("0123456789", "9876543210")


def number_key(value: object) -> str | None:
    """Return a text that sorts as the number does, the same for equal numbers; None for what is no JSON number."""
    if isinstance(value, float):
        value = repr(value)
    elif isinstance(value, int):
        value = str(value)
    if not isinstance(value, str) or len(value) > _LONGEST or not _NUMBER.fullmatch(value):
        return None
    number = Decimal(value)
    if not number:
        return "1"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    size = f"{number.adjusted() + _MIDDLE:05}{digits}"
    return f"2{size}" if number > 0 else f"0{size.translate(_OTHER_WAY)}~"

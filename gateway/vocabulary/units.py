"""Units by the names that the Unified Code for Units of Measure gives them, and by ours."""

from gateway.canonical.quantity import UNITS

__all__ = ["UCUM", "ucum_of", "unit_named"]

UCUM: dict[str, str] = {
    "bit/s": "bit/s",
    "kbit/s": "kbit/s",
    "Mbit/s": "Mbit/s",
    "Gbit/s": "Gbit/s",
    "byte": "By",
    "kB": "kBy",
    "MB": "MBy",
    "GB": "GBy",
    "TB": "TBy",
    "GiB": "GiBy",
    "1": "1",
    "dBm": "dB[mW]",
}
"""Our unit → its UCUM code. UCUM calls a byte `By`, since `B` is a bel there; a bit is never a byte."""

_OURS = {code: unit for unit, code in UCUM.items()}


def ucum_of(unit: str) -> str:
    """Return the UCUM code of one of our units, `Mbps` and its like by what they mean. Raises KeyError."""
    if unit in UCUM:
        return UCUM[unit]
    same = next(ours for ours in UCUM if UNITS[ours] == UNITS[unit])
    return UCUM[same]


def unit_named(code: str) -> str | None:
    """Return our unit for a name that UCUM or we have for it, or None. Spelling matters: `mbit/s` is a thousandth."""
    return code if code in UNITS else _OURS.get(code)

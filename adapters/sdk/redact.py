"""Text of a legacy system made fit for an error, a log or a report: short, one line, without secrets or people."""

import re

__all__ = ["QUOTE_LENGTH", "redact"]

QUOTE_LENGTH = 160
"""How much of an answer is quoted at most, in characters."""

_HIDDEN = "***"
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    # a name that promises a secret, in JSON, XML, a query or a header: the name stays, the value goes
    (
        re.compile(
            r"""(?ix)(["']?[\w-]*(?:passw(?:or)?d|passwort|secret|token|api[_-]?key|authori[sz]ation|cookie|session|pin|iban
                |cvc|cvv)[\w-]*["']?\s*[:=]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"'&,;<>}]+"""
        ),
        rf"\1{_HIDDEN}",
    ),
    (re.compile(r"(?i)(<([\w:-]*(?:password|passwort|secret|token|pin)[\w-]*)\b[^>]*>)[^<]*"), rf"\1{_HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), _HIDDEN),  # a JSON web token
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:]+:[^\s/@]+@"), rf"\1{_HIDDEN}@"),
    (re.compile(r"(/callbacks/)[\w.~-]{20,}"), rf"\1{_HIDDEN}"),  # an address of ours to report back to
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _HIDDEN),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}\s?[A-Z0-9]{0,4}\b"), _HIDDEN),  # an IBAN
    (re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), _HIDDEN),  # a card number
    (re.compile(r"(?<![\w.])\+\d[\d ()/-]{6,}\d"), _HIDDEN),  # a telephone number
)


def redact(text: str | bytes, length: int = QUOTE_LENGTH) -> str:
    """Return at most `length` characters of a text, on one line, with secrets and personal numbers hidden."""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    # Cut late, so that a secret at the edge is seen whole; but never search a megabyte.
    shown = " ".join(shown[: 4 * length].split())
    for pattern, instead in _SECRETS:
        shown = pattern.sub(instead, shown)
    return shown if len(shown) <= length else shown[: length - 1] + "…"

"""What must not stand in a recording: secrets by their names and forms, people by their names where an author says so.

Values are replaced and keep their places, so that a recording can still be read. Numbers stay as they are, since codes,
times and identifiers look like telephone and card numbers; members that hold those are named in `members`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["HIDDEN", "Hiding"]

HIDDEN = "***"
"""What stands in place of a secret."""

_NAME = r"passw(?:or)?d|passwort|secret|token|api[_-]?key|authori[sz]ation|cookie|session|pin\b|iban|cvc|cvv"
_PROMISES = re.compile(rf"(?i)(?:{_NAME})")
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?i)(<([\w:.-]*(?:{_NAME})[\w:.-]*)(?:\s[^>]*)?>)[^<]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"""(?i)(\b[\w.-]*(?:{_NAME})[\w.-]*\s*=\s*)("[^"]*"|'[^']*'|[^\s&"'<>;]+)"""), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),  # a JSON web token
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:]+:[^\s/@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(/callbacks/)[\w.~-]{20,}"), rf"\1{HIDDEN}"),  # an address of ours to report back to
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "somebody@example.invalid"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}\s?[A-Z0-9]{0,4}\b"), HIDDEN),  # an IBAN
)
_NAMED = ("name", "attribute", "key")
"""Members that say of which thing a member `value` beside them is, as in a table of attributes."""


@dataclass(frozen=True, slots=True)
class Hiding:
    """How values are hidden. `members` gives what to write in place of members by name: `{"NAME": "A. Nonymous"}`."""

    members: Mapping[str, Any] = field(default_factory=dict)

    def of(self, value: Any, name: str = "") -> Any:
        """Return a value of JSON with everything hidden that has to be. `name` is that of the member it stands in."""
        if name in self.members:
            return self.members[name]
        if name and value is not None and not isinstance(value, dict | list | bool) and _PROMISES.search(name):
            return HIDDEN
        if isinstance(value, dict):
            named = next((value[one] for one in _NAMED if isinstance(value.get(one), str)), "")
            return {
                key: self.of(one, named if key == "value" and _PROMISES.search(named) else str(key))
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [self.of(one, name) for one in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        for pattern, instead in _FORMS:
            text = pattern.sub(instead, text)
        return text

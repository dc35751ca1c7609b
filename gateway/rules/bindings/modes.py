"""How strictly a rule is taken, and the patterns by which a row says where."""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Mode", "Pattern"]


class Mode(StrEnum):
    """What comes of what a rule says: all of it, a warning, a record without effect, nothing."""

    ENFORCE = "enforce"
    WARN = "warn"
    DRY_RUN = "dry-run"
    OFF = "off"

    @property
    def strictness(self) -> int:
        """3 for enforce down to 0 for off."""
        return 3 - list(Mode).index(self)


class Pattern(NamedTuple):
    """A whole word, or the beginning of one: `BIZ-*`. Two that are equally specific never match the same word."""

    text: str
    is_prefix: bool

    @classmethod
    def of(cls, said: str) -> "Pattern":
        """Read a pattern. Raises ValueError for a star that is not the last character."""
        head, star, rest = said.partition("*")
        if rest or not said.strip():
            raise ValueError("a pattern is a word, or the beginning of one with a star at its end")
        return cls(head, bool(star))

    def matches(self, word: str | None) -> bool:
        """Whether a word fits; nothing fits where there is no word."""
        if word is None:
            return False
        return word.startswith(self.text) if self.is_prefix else word == self.text

    def includes(self, other: "Pattern | None") -> bool:
        """Whether every word that fits the other pattern fits this one; None is every word."""
        if other is None:
            return self.is_prefix and not self.text
        return (self.is_prefix or not other.is_prefix) and self.matches(other.text)

    @property
    def weight(self) -> tuple[int, int]:
        """How specific it is: whole words before beginnings, long beginnings before short ones."""
        return (0 if self.is_prefix else 1), len(self.text)

    def __str__(self) -> str:
        """As it was written."""
        return self.text + ("*" if self.is_prefix else "")

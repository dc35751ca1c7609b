"""The syntax of patterns: a text becomes a tree of tests of single characters."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["MAX_LENGTH", "Begin", "Choice", "End", "Node", "Repeat", "Sequence", "Test", "parse"]

MAX_LENGTH = 256
MAX_COUNT = 100
MAX_DEPTH = 20

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Begin:
    """The anchor `^`."""


@dataclass(frozen=True, slots=True)
class End:
    """The anchor `$`."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """As often as that; without an end where `most` is None."""

    part: "Node"
    least: int
    most: int | None


Node = Begin | End | Sequence | Choice | Repeat | Test

_DIGITS = frozenset("0123456789")
_BLANKS = frozenset(" \t\n\r\f\v")
_WORDS: dict[str, Test] = {
    "d": _DIGITS.__contains__,
    "s": _BLANKS.__contains__,
    "w": lambda char: char.isalnum() or char == "_",
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
_REPEATS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def parse(text: str) -> Node:
    """Return the tree of a pattern. Raises ValueError that says what is not read, and where."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH} characters")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def whole(self) -> Node:
        node = self._choice()
        if self._at < len(self._text):
            raise self._fault("a parenthesis that nothing opened")
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise self._fault("an end too soon")
        self._at += 1
        return char

    def _fault(self, what: str) -> ValueError:
        return ValueError(f"{what} at character {self._at + 1}")

    def _choice(self) -> Node:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._take()
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() and self._peek() not in "|)":
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _repeated(self, node: Node) -> Node:
        char = self._peek()
        if char in ("*", "+", "?"):
            least, most = _REPEATS[self._take()]
        elif char == "{":
            least, most = self._counts()
        else:
            return node
        if isinstance(node, Begin | End):
            raise self._fault("an anchor that is repeated")
        if self._peek() and self._peek() in "*+?{":
            raise self._fault("a repetition of a repetition")
        return Repeat(node, least, most)

    def _counts(self) -> tuple[int, int | None]:
        self._take()
        least, comma, most = self._until("}").partition(",")
        numbers = [part for part in (least, most) if part]
        if not least or not all(one.isascii() and one.isdigit() and int(one) <= MAX_COUNT for one in numbers):
            raise self._fault(f"a count that is no number up to {MAX_COUNT}")
        last = int(most) if most else None if comma else int(least)
        if last is not None and last < int(least):
            raise self._fault("a count that ends before it begins")
        return int(least), last

    def _until(self, end: str) -> str:
        stop = self._text.find(end, self._at)
        if stop < 0 or stop - self._at > 8:  # two numbers and a comma
            raise self._fault("a count without an end")
        found = self._text[self._at : stop]
        self._at = stop + 1
        return found

    def _atom(self) -> Node:
        char = self._take()
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char in "*+?{":
            raise self._fault("a repetition of nothing")
        if char == "^":
            return Begin()
        if char == "$":
            return End()
        if char == ".":
            return lambda one: one != "\n"
        return self._escape() if char == "\\" else char.__eq__

    def _group(self) -> Node:
        if self._peek() == "?":
            self._take()
            if self._take() != ":":
                raise self._fault("a look around, or another group of its own kind,")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fault("a group nested too deeply")
        node = self._choice()
        if self._take() != ")":
            raise self._fault("a group without an end")
        self._depth -= 1
        return node

    def _escape(self) -> Test:
        char = self._take()
        if char.lower() in _WORDS:
            test = _WORDS[char.lower()]
            return test if char.islower() else lambda one: not test(one)
        if char.isascii() and char.isalnum() and char not in _CONTROLS:
            raise self._fault(f"\\{char}, which is not read here,")
        return _CONTROLS.get(char, char).__eq__

    def _class(self) -> Test:
        negated = self._peek() == "^"
        if negated:
            self._take()
        tests: list[Test] = []
        while self._peek() != "]" or not tests:
            tests.append(self._member())
        self._take()
        return lambda one: any(test(one) for test in tests) is not negated

    def _member(self) -> Test:
        char = self._take()
        if char == "\\":
            if self._peek().lower() in _WORDS:
                return self._escape()
            char = self._literal()
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return char.__eq__
        self._take()
        last = self._take()
        last = self._literal() if last == "\\" else last
        if last < char:
            raise self._fault("a range that ends before it begins")
        return lambda one: char <= one <= last

    def _literal(self) -> str:
        char = self._take()
        if char.isascii() and char.isalnum() and char not in _CONTROLS:
            raise self._fault(f"\\{char}, which is not read here,")
        return _CONTROLS.get(char, char)

"""`filter=` with a JSONPath: which resources have what the path selects, as the tree that all filters become.

Read are member names, `[*]`, predicates `[?(…)]` at any level with `&& || ! ( )`, the comparisons `== != < <= > >=`,
`=~` and `in`, and literals. What is JSONPath but beyond that (indices, slices, `..`, functions, two paths compared)
is answered 501.
"""

import re
from dataclasses import dataclass

from gateway.faces.attributes import Attributes, Found
from gateway.faces.problems import problem
from gateway.ports.errors import FaceError
from gateway.ports.query import AllOf, AnyOf, Condition, Filter, Negated, Operator, Within

__all__ = ["read_jsonpath"]

MAX_LENGTH = 4000
MAX_DEPTH = 20
MAX_TERMS = 50

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<pattern>/(?:[^/\\]|\\.)+/)
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<sign>\[\?\(|\[\?|\.\.|&&|\|\||==|!=|<=|>=|=~|[][().,@$*!<>:])|(?P<word>[^\W\d][\w-]*|@[^\W\d]\w*))""",
    re.VERBOSE,
)
_COMPARISONS = {
    "==": Operator.EQ,
    "!=": Operator.EQ,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
    "=~": Operator.REGEX,
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class _Here:
    """Where a predicate stands: `names` on the wire and `path` in the model, of the elements that it is about."""

    names: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Literal:
    values: tuple[str, ...]
    is_null: bool = False


def read_jsonpath(text: str, attributes: Attributes) -> Filter:
    """Return the filter of a JSONPath. Raises FaceError 400 for bad syntax, 501 for what is not supported."""
    if len(text) > MAX_LENGTH:
        raise _bad(f"longer than {MAX_LENGTH} characters", 0)
    return _Parser(_tokens(text), attributes).whole()


def _tokens(text: str) -> list[_Token]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _bad(f"{text[at : at + 10]!r} is not read", at)
        word = match[match.lastgroup]
        found.append(_Token(match.lastgroup, word, match.start(match.lastgroup)))
        at = match.end()
    return [*found, _Token("end", "", at)]


class _Parser:
    def __init__(self, tokens: list[_Token], attributes: Attributes) -> None:
        self._tokens, self._attributes = tokens, attributes
        self._at = self._depth = self._terms = 0

    def whole(self) -> Filter:
        here = _Here()
        if self._is("$"):
            self._at += 1
        elif self._now.kind == "word":  # the leading $. may be left out
            self._tokens.insert(self._at, _Token("sign", ".", self._now.at))
        node = self._selected(here, is_root=True)
        if self._now.kind != "end":
            raise _bad(f"{self._now.text!r} is not expected", self._now.at)
        return node

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _is(self, *signs: str) -> bool:
        return self._now.kind == "sign" and self._now.text in signs

    def _take(self, *signs: str) -> str:
        if not self._is(*signs):
            raise _bad(f"{' or '.join(signs)} is missing", self._now.at)
        self._at += 1
        return self._tokens[self._at - 1].text

    def _selected(self, here: _Here, *, is_root: bool = False) -> Filter:
        """Read the steps of a path to their end: something must be selected."""
        names = self._names()
        if self._is("[?(", "[?"):
            inner = self._within(here, names)
            part = self._predicate(inner)
            if self._is(".", "[", "[?(", "[?"):
                part = AllOf((part, self._selected(inner)))
            return part if is_root and not names else Within(_relative(here, inner.path), part)
        if not names:
            raise _bad("a path without a predicate selects everything", self._now.at)
        return self._compared(here, names, Operator.EXISTS, [])

    def _names(self) -> tuple[str, ...]:
        names: list[str] = []
        while self._is(".", "[", ".."):
            sign = self._take(".", "[", "..")
            token = self._now
            if sign == "..":
                raise _unsupported("..", token.at)
            if sign == "." and token.kind == "word":
                names.append(token.text)
            elif sign == "[" and token.kind == "text":
                names.append(_plain(token.text))
            elif not self._is("*"):
                if token.kind == "number" or self._is(":"):
                    raise _unsupported("an index", token.at)
                raise _bad("a name is missing", token.at)
            self._at += 1
            if sign == "[":
                if self._is(",", ":"):
                    raise _unsupported("several names or a slice", token.at)
                self._take("]")
            if self._is("("):
                raise _unsupported("a function", token.at)
        return tuple(names)

    def _predicate(self, here: _Here) -> Filter:
        opened = self._take("[?(", "[?")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _bad("nested too deeply", self._now.at)
        node = self._either(here)
        if opened == "[?(":
            self._take(")")
        self._take("]")
        self._depth -= 1
        return node

    def _either(self, here: _Here) -> Filter:
        parts = [self._both(here)]
        while self._is("||"):
            self._at += 1
            parts.append(self._both(here))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _both(self, here: _Here) -> Filter:
        parts = [self._one(here)]
        while self._is("&&"):
            self._at += 1
            parts.append(self._one(here))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self, here: _Here) -> Filter:
        self._terms += 1
        self._depth += 1
        if self._terms > MAX_TERMS or self._depth > MAX_DEPTH:
            raise _bad("too many comparisons, or nested too deeply,", self._now.at)
        if self._is("!"):
            self._at += 1
            node: Filter = Negated(self._one(here))
        elif self._is("("):
            self._at += 1
            node = self._either(here)
            self._take(")")
        else:
            node = self._comparison(here)
        self._depth -= 1
        return node

    def _comparison(self, here: _Here) -> Filter:
        if not self._is("@"):
            literal = self._literal()
            sign = self._take(*(one for one in _COMPARISONS if one != "=~"))
            if not self._is("@"):
                raise _unsupported("a comparison without a path", self._now.at)
            self._at += 1
            return self._tested(here, self._names(), _MIRRORED.get(sign, sign), literal)
        self._at += 1
        start = self._at
        names = self._names()
        if self._is("[?(", "[?"):
            self._at = start
            return self._selected(here)
        if self._now.kind == "word" and self._now.text == "in":
            self._at += 1
            return self._tested(here, names, "==", self._listed())
        if not self._is(*_COMPARISONS) and not self._is("=~"):
            return self._compared(here, names, Operator.EXISTS, [])
        sign = self._take(*_COMPARISONS)
        if self._is("@", "$"):
            raise _unsupported("a comparison of two paths", self._now.at)
        return self._tested(here, names, sign, self._literal())

    def _tested(self, here: _Here, names: tuple[str, ...], sign: str, literal: _Literal) -> Filter:
        if literal.is_null:
            there = self._compared(here, names, Operator.EXISTS, [])
            if sign not in ("==", "!="):
                raise _bad("null has no order", self._now.at)
            return Negated(there) if sign == "==" else there
        found = self._compared(here, names, _COMPARISONS[sign], list(literal.values))
        return Negated(found) if sign == "!=" else found

    def _listed(self) -> _Literal:
        self._take("[")
        values = list(self._literal().values)
        while self._is(","):
            self._at += 1
            values += self._literal().values
        self._take("]")
        return _Literal(tuple(values))

    def _literal(self) -> _Literal:
        token = self._now
        self._at += 1
        if token.kind == "text":
            return _Literal((_plain(token.text),))
        if token.kind == "pattern":
            return _Literal((token.text[1:-1].replace("\\/", "/"),))
        if token.kind == "number" or token.text in ("true", "false"):
            return _Literal((token.text,))
        if token.text == "null":
            return _Literal((), is_null=True)
        if token.kind == "word":
            raise _unsupported(f"{token.text!r}", token.at)
        raise _bad("a value is missing", token.at)

    def _compared(self, here: _Here, names: tuple[str, ...], operator: Operator, values: list[str]) -> Filter:
        if not names and here.names:  # the element itself
            return Condition("", operator, tuple(values))
        found = self._find(here, names)
        return self._relative(here, found.compared(operator, values), found.name)

    def _relative(self, here: _Here, node: Filter, name: str) -> Filter:
        if isinstance(node, AnyOf):
            return AnyOf(tuple(self._relative(here, part, name) for part in node.parts))
        if not isinstance(node, Condition):
            raise _unsupported(f"this comparison of {name}", self._now.at)
        return Condition(_relative(here, tuple(node.path.split("."))), node.operator, node.values)

    def _within(self, here: _Here, names: tuple[str, ...]) -> _Here:
        if not names:
            return here
        return _Here((*here.names, *names), self._find(here, names).path)

    def _find(self, here: _Here, names: tuple[str, ...]) -> Found:
        if not names:
            raise _bad("a name is missing", self._now.at)
        return self._attributes.find(".".join((*here.names, *names)))


def _relative(here: _Here, path: tuple[str, ...]) -> str:
    if path[: len(here.path)] != here.path:
        raise problem("unsupportedFilter", reason=f"what is inside {'.'.join(here.names)} cannot be asked for alone")
    return ".".join(path[len(here.path) :])


def _plain(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1:-1])


def _bad(reason: str, at: int) -> FaceError:
    return problem(
        "badFilter",
        reason=f"the filter is no JSONPath that can be read: {reason} (at character {at + 1})",
        fix="write it like $[?(@.state=='held')]",
        path="filter",
    )


def _unsupported(what: str, at: int) -> FaceError:
    return problem(
        "unsupportedFilter",
        reason=f"{what} in a filter is not supported (at character {at + 1})",
        fix="compare attributes with values, as in $[?(@.state=='held')]",
        path="filter",
    )

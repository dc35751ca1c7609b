"""CEL, as far as site rules use it: compiled when they are loaded, with an answer that can only be one of four things.

Two traps of the library are dealt with here and nowhere else. What goes wrong in an evaluation comes back as a *value*
of the type ERROR whose `.value()` is a text, and a text is true in Python: an answer counts only where its type is
BOOL. And an expression that runs too long ends with an exception, after 10,000 rounds of its loops.
"""

import re
import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from gateway.ports.errors import SetupError

__all__ = ["VARIABLES", "Answer", "CelError", "Program", "compiled", "require"]

VARIABLES = ("item", "order", "service", "services", "params", "policy", "now")
"""What an expression may name, besides `fact(name, subject)`."""

LONGEST = 4000
"""The most characters of an expression."""

_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_asking = threading.local()


class CelError(Exception):
    """An expression that does not compile; `line` and `column` count from 1 inside it."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column


class Answer(NamedTuple):
    """What came of an expression: `kind` is `value`, `absent` (something was not there) or `error`."""

    kind: str
    value: Any = None


class Program:
    """A compiled expression. `returns` is the type that it has, as far as CEL can tell: `BOOL`, `STRING` or `DYN`."""

    __slots__ = ("_expression", "returns")

    def __init__(self, expression: Any) -> None:
        self._expression = expression
        self.returns: str = expression.return_type().name()

    def run(self, variables: Mapping[str, Any], fact: Callable[[str, str], Any], *, wanted: str) -> Answer:
        """Return what it says of pure JSON. An answer of another type than `wanted` (`BOOL`, `STRING`) is an error."""
        before = getattr(_asking, "fact", None)
        _asking.fact = fact
        try:
            found = self._expression.eval(data=variables)
            kind = found.type().name()
            if kind == wanted:
                return Answer("value", found.value())
            if kind != "ERROR":
                return Answer("error", f"it is {kind}, not {wanted}")
            words = str(found.value())
        except RuntimeError as error:
            words = str(error)
        finally:
            _asking.fact = before
        return Answer("absent" if words.startswith("NOT_FOUND") else "error", words.partition("\n")[0])


def require(file: str | None = None) -> None:
    """Raise SetupError where the CEL library is not installed."""
    try:
        import cel_expr_python  # noqa: F401, PLC0415 - optional
    except ImportError:
        raise SetupError(
            "site rules need the package cel-expr-python, which is not installed",
            "install it: pip install 'tmf-gateway[site-rules]'",
            file=file,
        ) from None


def compiled(expression: str) -> Program:
    """Return an expression, ready to run. Raises CelError with its place, SetupError without the library."""
    if len(expression) > LONGEST:
        raise CelError(f"is longer than {LONGEST} characters")
    try:
        return Program(_environment().compile(expression))
    except RuntimeError as error:
        place = _PLACE.search(str(error))
        if place is None:
            raise CelError(str(error).partition("\n")[0]) from None
        raise CelError(place[3].removesuffix(" [INVALID_ARGUMENT]"), int(place[1]), int(place[2])) from None


@cache
def _environment() -> Any:
    require()
    from cel_expr_python import cel  # noqa: PLC0415 - optional
    from cel_expr_python.ext import ext_optional, ext_strings  # noqa: PLC0415

    kinds = dict.fromkeys(VARIABLES, cel.Type.DYN) | {"now": cel.Type.STRING, "services": cel.Type.List(cel.Type.DYN)}
    text = cel.Type.STRING
    overload = cel.Overload(
        id="fact_of", return_type=cel.Type.DYN, parameters=[text, text], is_member=False, impl=_fact
    )
    return cel.NewEnv(
        variables=kinds,
        functions=[cel.FunctionDecl("fact", [overload])],
        extensions=[ext_optional.ExtOptional(), ext_strings.ExtStrings()],
    )


def _fact(name: str, subject: str) -> Any:
    ask: Callable[[str, str], Any] = _asking.fact
    return ask(name, subject)

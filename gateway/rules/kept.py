"""What is answered of an item once is kept for the judgement: many rules and needs ask the same question."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = ["kept"]

T = TypeVar("T")

_UNASKED = object()


def kept(ask: "Callable[[Context, Line], T]") -> "Callable[[Context, Line], T]":
    """Keep the answer to a question about an item with the context.

    Fit for questions whose answer is the same for every rule: not for what reads a parameter that a rule set may set
    for one rule, nor for what makes the verdict unknown.
    """

    @wraps(ask)
    def asked(ctx: "Context", line: "Line") -> T:
        key = (ask, id(line.item))  # ids of items may repeat; the items themselves live as long as the trace
        found = ctx.answers.get(key, _UNASKED)
        if found is _UNASKED:
            found = ctx.answers[key] = ask(ctx, line)
        return cast("T", found)

    return asked

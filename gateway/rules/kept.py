"""What is answered of an item once is kept for the judgement: many rules and needs ask the same question."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from gateway.rules.context import Context

__all__ = ["kept"]

T = TypeVar("T")
Of = TypeVar("Of")


def kept(ask: "Callable[[Context, Of], T]") -> "Callable[[Context, Of], T]":
    """Keep the answer to a question about an item, or about what stands beside it, with the context.

    Fit for questions whose answer is the same for every rule: not for what reads a parameter that a rule set may set
    for one rule, nor for what makes the verdict unknown.
    """

    @wraps(ask)
    def asked(ctx: "Context", one: Of) -> T:
        key = (ask, id(one))  # what was asked about is kept too, so that nothing else takes its id
        known = ctx.answers.get(key)
        if known is None:
            known = ctx.answers[key] = one, ask(ctx, one)
        answer: T = known[1]
        return answer

    return asked

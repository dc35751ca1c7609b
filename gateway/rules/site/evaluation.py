"""One situation judged by one site rule: it applies or not, holds, fails, is unknown, or breaks."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gateway.rules.site.cel import Program

__all__ = ["Absent", "Outcome", "Programs", "evaluate", "message_of", "subject_of"]


class Absent(LookupError):
    """Raised by whoever is asked for a fact that is not there."""


class Programs(NamedTuple):
    """The three expressions of a rule, compiled."""

    applies: Program
    expression: Program
    message: Program


class Outcome(NamedTuple):
    """`kind`: aside (it does not apply), holds, fails, unknown (a fact is absent), lacks (a member is), broken."""

    kind: str
    words: str = ""


Ask = Callable[[str, str], Any]


def evaluate(programs: Programs, variables: Mapping[str, Any], fact: Ask) -> Outcome:
    """Return what a rule says of a situation. `fact` returns a fact's value as pure JSON, or raises Absent.

    A member that is not there makes `applies` false: what an order does not have, it has not in a special way. In
    `expression` it makes the answer unknown, as an absent fact does in both.
    """
    absent: list[str] = []

    def ask(name: str, subject: str) -> Any:
        try:
            return fact(name, subject_of(subject))
        except Absent:
            absent.append(f"{name} {subject_of(subject)}")
            raise

    applies = programs.applies.run(variables, ask, wanted="BOOL")
    if applies.kind == "value" and applies.value is False:
        return Outcome("aside")
    if applies.kind != "value":
        if absent:
            return Outcome("unknown", ", ".join(absent))
        return Outcome("aside") if applies.kind == "absent" else Outcome("broken", f"applies: {applies.value}")
    absent.clear()
    answer = programs.expression.run(variables, ask, wanted="BOOL")
    if answer.kind == "value":
        return Outcome("holds" if answer.value is True else "fails")
    if absent:
        return Outcome("unknown", ", ".join(absent))
    return Outcome("lacks" if answer.kind == "absent" else "broken", str(answer.value))


def message_of(programs: Programs, variables: Mapping[str, Any], fact: Ask, *, otherwise: str) -> str:
    """Return the rule's message, or `otherwise` where the message itself cannot be said."""
    said = programs.message.run(variables, fact, wanted="STRING")
    return str(said.value) if said.kind == "value" and said.value else otherwise


def subject_of(said: str) -> str:
    """Return the subject that an expression means: an item's id alone means the item."""
    return said if said in {"productOrder", "serviceOrder"} or said.startswith(("item:", "bill:")) else f"item:{said}"

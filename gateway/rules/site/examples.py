"""The examples of a site rule, run against it when it is loaded."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.canonical.fact import PREDICATES
from gateway.canonical.reference import Policy
from gateway.ports.errors import SetupError
from gateway.rules.bindings.stated import Stated
from gateway.rules.site.definition import Definition, Example
from gateway.rules.site.evaluation import Absent, Outcome, Programs, evaluate
from gateway.rules.site.names import ITEM, ORDER, POLICY, SERVICE, Used, check_value
from gateway.rules.site.values import plain_json, policy_json

__all__ = ["wrong_examples"]

_KINDS = ("pass", "fail", "benign")
_SHAPES: Mapping[str, Any] = {"item": ITEM, "order": ORDER, "service": SERVICE, "services": [SERVICE], "policy": POLICY}
_DEFAULTS: Mapping[str, Any] = {
    "item": {"id": "1", "action": "add"},
    "order": {"id": "order"},
    "service": {"id": "1", "action": "add"},
    "services": [],
    "now": "2026-01-01T00:00:00Z",
}


def wrong_examples(
    definition: Definition, programs: Programs, names: Used, document: Stated, at: tuple[str | int, ...]
) -> Iterator[SetupError]:
    """Yield what is wrong with the examples: unknown members and facts, and those that do not behave as they say."""
    of_kind = {"pass": definition.examples.passing, "fail": definition.examples.fail}
    for kind in _KINDS:
        for number, example in enumerate(of_kind.get(kind, definition.examples.benign)):
            here = (*at, "examples", kind, number)
            strange = list(_strange(example, definition, document, here))
            if strange:
                yield from strange
                continue
            outcome = _outcome(definition, programs, names, example)
            fault = _fault(definition, kind, outcome)
            if fault:
                yield document.wrong(
                    f"rule {definition.code}: the {kind} example {example.name!r} {fault}",
                    "correct the expression, or the example",
                    *here,
                )


def _strange(
    example: Example, definition: Definition, document: Stated, here: tuple[str | int, ...]
) -> Iterator[SetupError]:
    for name, shape in _SHAPES.items():
        found = check_value(getattr(example, name), shape, (name,))
        if found is not None:
            path, member = found
            reason = f"rule {definition.code}: the example {example.name!r} has an unknown member {member!r} of {name}"
            yield document.wrong(reason, "use a member that the variable has", *here, *path)
    for name in example.params or ():
        if name not in definition.params:
            reason = f"rule {definition.code}: the example {example.name!r} sets an unknown parameter {name!r}"
            yield document.wrong(reason, "name it under params, or leave it out", *here, "params", name)
    for key in example.facts:
        if key.partition(" ")[0] not in PREDICATES:
            reason = f"rule {definition.code}: the example {example.name!r} has an unknown fact {key!r}"
            yield document.wrong(reason, f"use one of {', '.join(sorted(PREDICATES))}", *here, "facts", key)


def _outcome(definition: Definition, programs: Programs, names: Used, example: Example) -> Outcome:
    said = {
        **_DEFAULTS,
        "params": definition.params | (example.params or {}),
        "policy": policy_json(Policy()) | (example.policy or {}),
    }
    for name in ("item", "order", "service"):
        if getattr(example, name) is not None:
            said[name] = {**_DEFAULTS[name], **getattr(example, name)}
    if example.services is not None:
        said["services"] = example.services
    if example.now is not None:
        said["now"] = example.now

    def fact(name: str, subject: str) -> Any:
        for key in (f"{name} {subject}", name):
            if key in example.facts:
                return plain_json(example.facts[key])
        raise Absent(name)

    return evaluate(programs, {name: plain_json(said[name]) for name in names.variables}, fact)


def _fault(definition: Definition, kind: str, outcome: Outcome) -> str | None:
    """Return how an example does other than its kind says, or None where it does as it should."""
    missing = {"unknown", "lacks"} if definition.on_missing == "fail" else set()
    silent = {"unknown", "lacks"} if definition.on_missing == "pass" else set()
    good = {"pass": {"holds"}, "fail": {"fails", *missing}, "benign": {"holds", "aside", *silent}}[kind]
    if outcome.kind in good:
        return None
    said = {
        "aside": "is one that the rule does not apply to",
        "holds": "passes",
        "fails": "fails",
        "unknown": f"needs the fact {outcome.words}",
        "lacks": f"lacks a member ({outcome.words})",
        "broken": f"breaks the rule ({outcome.words})",
    }
    return said[outcome.kind]

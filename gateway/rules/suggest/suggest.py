"""Shift left: the earliest gate that could have seen what a rule found, and a site rule that asks there.

What the rule needed is what its findings point to. Where that was recorded long before the gate that found it, the
same question can be asked earlier. The rule that is written asks it of the facts alone, and is silent where one of
them is not there yet: the rule that found it still stands at its own gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from gateway.canonical.judgement import Gate
from gateway.rules.paths import PREDICATE_GATE
from gateway.rules.suggest.group import Group, Member, Offence, instant_of, offences_of
from gateway.rules.suggest.questions import Question, question_of, quoted

__all__ = ["Suggestion", "suggest"]

_HANDOFF = {
    Gate.INTAKE: "intake",
    Gate.ORDER_TO_BUILD: "order->build",
    Gate.BUILD_TO_ACTIVATION: "build->activation",
    Gate.ACTIVATION_TO_BILLING: "activation->billing",
    Gate.BILLING_TO_CLOSE: "billing->close",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`gate` is the earliest at which every order of the group had all the facts; `rule` is YAML, or None.

    `why` says what was found; where there is no rule, why not.
    """

    gate: Gate | None
    found_at: Gate
    facts: tuple[str, ...]
    orders: int
    why: str
    rule: str | None = None

    @property
    def is_earlier(self) -> bool:
        """Whether the gate is before the one that found it."""
        return self.gate is not None and self.gate.position < self.found_at.position


def suggest(group: Group, *, code: str = "SITE-900") -> Suggestion:
    """Return the earliest gate that could have seen what a rule found in a group, and a site rule that asks it."""
    offences = [(member, one) for member in group.members for one in offences_of(member, group.rule)]
    facts = tuple(sorted({str(fact["predicate"]) for _, one in offences for fact, _ in one.facts}))
    told = [(member, one) for member, one in offences if one.facts]
    if not told:
        why = f"the findings of {group.rule} point to no fact: what shows it is in the messages themselves"
        return Suggestion(None, group.gate, facts, len(group.members), why)
    gates = [_earliest(member, one, group.gate) for member, one in told]
    gate = max(gates, key=lambda one: one.position)
    question = question_of([one for _, one in told])
    known = (
        f"{', '.join(facts)} {'was' if len(facts) == 1 else 'were'} known at {gate.value} in all {len(told)} findings"
    )
    if question is None:
        return Suggestion(
            gate, group.gate, facts, len(group.members), f"{known}; they do not show by themselves what is wrong"
        )
    rule = _yaml(group, gate, facts, question, code)
    return Suggestion(gate, group.gate, facts, len(group.members), known, rule)


def _earliest(member: Member, offence: Offence, found_at: Gate) -> Gate:
    """Return the first gate that was judged when all facts of an offence had been recorded."""
    known = max(instant_of(one.get("recordedAt") or one.get("observedAt"), "") for one, _ in offence.facts)
    later = [one for one in member.decisions if instant_of(one["at"], "") >= known]
    first = min(later, key=lambda one: instant_of(one["at"], ""), default=None)
    gate = Gate(first["gate"]) if first is not None else found_at
    needed = max((PREDICATE_GATE.get(str(one["predicate"]), Gate.INTAKE) for one, _ in offence.facts), key=_position)
    return max(gate, needed, key=_position) if _position(needed) <= _position(found_at) else gate


def _position(gate: Gate) -> int:
    return gate.position


def _yaml(group: Group, gate: Gate, facts: Sequence[str], question: Question, code: str) -> str:
    of_item = "item." in question.expression
    rule = {
        "code": code,
        "title": question.words,
        "human": f"{question.words}. Asked at {gate.value}, before {group.rule} finds it.",
        "level": 7,
        "handoff": _HANDOFF[gate],
        "applies": "item.action != 'delete'" if of_item else "true",
        "reads": [f"fact:{name}" for name in facts if f"'{name}'" in question.expression],
        "expression": question.expression,
        "message": f"'item ' + item.id + {quoted(f': not so: {question.words}')}"
        if of_item
        else quoted(f"not so: {question.words}"),
        "path": "/productOrderItem/{i}" if of_item else "/",
        "on_missing": "pass",
        "on_error": "hold",
        "severity": "hold",
        "blockedBy": "provider",
        "owner": "to be named",
        "remedy": f"Correct what is wrong, then send the fact that supersedes it; see {group.rule}.",
        "loss": f"{len(group.members)} orders went on to {group.gate.value} before anybody saw it.",
        "source": f"suggested from {len(group.members)} orders that {group.rule} stopped",
        "examples": {
            "pass": [_example("as it should be", question, question.passing)],
            "fail": [_example(f"as {group.rule} found it", question, question.failing)],
            "benign": [_example("not known yet", question, _without_first(question.failing))],
        },
        "lifecycle": "proposed",
    }
    return yaml.dump(rule, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


class _Plain(yaml.SafeDumper):
    """YAML in which everything is written out."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write nothing by reference."""
        return True


def _example(name: str, question: Question, facts: Mapping[str, Any]) -> dict[str, Any]:
    item = {"item": dict(question.item)} if question.item is not None else {}
    return {"name": name, **item, "facts": dict(facts)}


def _without_first(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same where the first of the facts is not there yet."""
    return dict(list(facts.items())[1:])

"""An exception group as JSON has it: orders that one rule stopped, with their facts and decisions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from gateway.canonical.judgement import Gate

__all__ = ["Group", "GroupProblem", "Member", "Offence", "group_of", "instant_of", "offences_of"]

_FACT = re.compile(r"facts\[(\d+)\](?:\.value\.([A-Za-z_]\w*))?")
_CHARACTERISTIC = re.compile(r"productCharacteristic|product\.characteristics")


class GroupProblem(ValueError):
    """A group that cannot be read; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Member:
    """One order of a group: its facts in the order in which they were recorded, and what its gates decided."""

    order: str
    facts: tuple[Mapping[str, Any], ...]
    decisions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Orders that one rule stopped at one gate."""

    rule: str
    gate: Gate
    members: tuple[Member, ...]


class Offence(NamedTuple):
    """The facts that one finding points to, each with the member that it names, and whether it names the order too."""

    facts: tuple[tuple[Mapping[str, Any], str | None], ...]
    names_characteristic: bool
    at: str


def group_of(said: Any) -> Group:
    """Return the group that a piece of JSON says. Raises GroupProblem."""
    if not isinstance(said, dict) or not isinstance(said.get("rule"), str):
        raise GroupProblem("the group is no object with a rule")
    if said.get("gate") not in list(Gate):
        raise GroupProblem(f"gate is none of {', '.join(Gate)}")
    members = said.get("members")
    if not isinstance(members, list) or not members:
        raise GroupProblem("members is no list, or an empty one")
    return Group(said["rule"], Gate(said["gate"]), tuple(_member(one, number) for number, one in enumerate(members)))


def _member(said: Any, number: int) -> Member:
    at = f"members[{number}]"
    if not isinstance(said, dict):
        raise GroupProblem(f"{at} is no object")
    for name in ("facts", "decisions"):
        rows = said.get(name)
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            raise GroupProblem(f"{at}.{name} is no list of objects")
    for place, fact in enumerate(said["facts"]):
        if not isinstance(fact.get("predicate"), str) or not isinstance(fact.get("subject"), str):
            raise GroupProblem(f"{at}.facts[{place}] has no predicate or no subject")
        if not isinstance(fact.get("value", {}), dict):
            raise GroupProblem(f"{at}.facts[{place}].value is no object")
        instant_of(fact.get("recordedAt") or fact.get("observedAt"), f"{at}.facts[{place}].recordedAt")
    for place, decision in enumerate(said["decisions"]):
        if decision.get("gate") not in list(Gate):
            raise GroupProblem(f"{at}.decisions[{place}].gate is none of {', '.join(Gate)}")
        instant_of(decision.get("at"), f"{at}.decisions[{place}].at")
    return Member(str(said.get("order", "")), tuple(said["facts"]), tuple(said["decisions"]))


def instant_of(said: Any, path: str) -> datetime:
    """Return an instant. Raises GroupProblem where it is none, or has no offset."""
    try:
        found = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        raise GroupProblem(f"{path} is no instant") from None
    if found.tzinfo is None:
        raise GroupProblem(f"{path} has no offset")
    return found


def offences_of(member: Member, rule: str) -> Iterator[Offence]:
    """Yield what each finding of a rule points to among the facts of an order."""
    for decision in member.decisions:
        for finding in decision.get("findings") or ():
            if not isinstance(finding, dict) or finding.get("code") != rule:
                continue
            paths = [str(finding.get("path", "")), *map(str, finding.get("related") or ())]
            named: dict[int, str | None] = {}
            for path in paths:
                found = _FACT.match(path)
                if found is not None and int(found[1]) < len(member.facts):
                    named[int(found[1])] = named.get(int(found[1])) or found[2]
            yield Offence(
                tuple((member.facts[number], name) for number, name in named.items()),
                any(_CHARACTERISTIC.search(path) for path in paths),
                str(decision["at"]),
            )

"""What a fix changes: the terms, the rules and the parameters that orders would be judged under."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from gateway.canonical.reference import Policy
from gateway.lifecycle.terms import Terms
from gateway.ports.errors import FaceError
from gateway.rules.engine import Catalogue

__all__ = ["Changed", "RuleSets", "changed_terms", "policy_changes"]

_CHOICES: Mapping[str, frozenset[str]] = {
    "proration": frozenset({"actual", "30-day", "none"}),
    "roll_up": frozenset({"partial", "failed", "cancelled"}),
}
_NAMES = {to_camel(name): name for name in Policy.model_fields}


class RuleSets(Protocol):
    """Whoever keeps rule sets: documents that say how the rules are taken."""

    def bound(self, document: str) -> Catalogue:
        """Return the rules as a rule set would have them taken; nothing changes. Raises SetupError."""

    async def adopt(self, document: str, *, who: str, reason: str) -> None:
        """Put a rule set into force, durably. Raises SetupError."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What orders are judged under. `policy` is what it changes of the policy that each order came in with."""

    terms: Terms
    catalogue: Catalogue
    policy: Mapping[str, Any]


def policy_changes(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a fix names, as the policy has them. Raises FaceError 422."""
    for name in said:
        if name not in _NAMES:
            raise _bad(name, "the policy has no such parameter", f"use one of {', '.join(sorted(_NAMES))}")
    wanted = {_NAMES[name]: value for name, value in said.items()}
    try:
        read = Policy.model_validate(wanted)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = to_camel(str(first["loc"][0]))
        raise _bad(name, first["msg"], "send a value of its kind") from None
    changes = {name: getattr(read, name) for name in wanted}
    for name, value in changes.items():
        allowed = _CHOICES.get(name)
        if allowed is not None and value not in allowed:
            raise _bad(to_camel(name), f"{value!r} is no choice", f"use one of {', '.join(sorted(allowed))}")
        if allowed is None and not 0 <= value <= 100_000:
            raise _bad(to_camel(name), f"{value} is out of range", "send a figure from 0 on")
    return changes


def changed_terms(terms: Terms, policy: Mapping[str, Any]) -> Terms:
    """Return the terms with some parameters of their policy changed."""
    return replace(terms, policy=terms.policy.model_copy(update=dict(policy))) if policy else terms


def _bad(name: str, reason: str, fix: str) -> FaceError:
    return FaceError(422, "badFix", f"policy.{name}: {reason}", fix, path=f"policy.{name}")

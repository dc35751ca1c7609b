"""The rules in force: one catalogue, replaced as a whole while orders are judged."""

from dataclasses import replace
from typing import Protocol

from gateway.rules.bindings.bind import bind
from gateway.rules.bindings.rule_set import RuleSet
from gateway.rules.engine import Catalogue

__all__ = ["RuleBook", "Rules"]


class Rules(Protocol):
    """Whatever has the catalogue to judge by; a `Catalogue` is one that is never replaced."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force now. Ask again for each judgement."""


class RuleBook:
    """The built-in rules as the active rule set has them taken; as they are built in while there is none.

    `base` holds the bindings of the profile: where the active rule set says nothing of a rule, they do.
    """

    def __init__(
        self,
        built_in: Catalogue,
        *,
        landscape: str | None = None,
        tenant: str | None = None,
        base: RuleSet = RuleSet(),  # noqa: B008 - frozen
    ) -> None:
        self.built_in, self._landscape, self._tenant, self._base = built_in, landscape, tenant, base
        self.rule_set, self.number = RuleSet(), 0
        self._catalogue = self.bound(base) if base.bindings else built_in

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force now. Ask again for each judgement."""
        return self._catalogue

    def bound(self, rule_set: RuleSet, number: int = 0) -> Catalogue:
        """Return the catalogue as a rule set would have it taken; nothing changes."""
        layered = replace(rule_set, bindings=(*rule_set.bindings, *self._base.bindings))
        found = bind(layered, self.built_in, landscape=self._landscape, tenant=self._tenant)
        assert found.bound is not None
        label = f"{rule_set.label}#{number}" if number else rule_set.label
        return Catalogue(found.rules, found.bound._replace(label=label))

    def use(self, rule_set: RuleSet, number: int) -> None:
        """Put a rule set into force in this process, at once."""
        self._catalogue = self.bound(rule_set, number)
        self.rule_set, self.number = rule_set, number

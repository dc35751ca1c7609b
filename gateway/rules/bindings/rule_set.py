"""A rule set: what an operator decides about the rules, as frozen values. Reading one is `read`, using it is `bind`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gateway.rules.bindings.modes import Mode, Pattern

if TYPE_CHECKING:
    from gateway.rules.catalogue import Catalogue
    from gateway.rules.site.site_rule import SiteRule

__all__ = ["Binding", "Override", "RuleSet", "Scope", "Waiver", "digest_of"]

_NONE = (-1, 0)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rules, and where. `rule` is a code (`ACT-006`), a family (`ACT`) or `*`; None elsewhere means anywhere."""

    rule: str = "*"
    product_line: Pattern | None = None
    adapter: Pattern | None = None
    tenant: Pattern | None = None
    landscape: Pattern | None = None

    def covers(self, code: str) -> bool:
        """Whether it is about the rule of that code."""
        return self.rule in {"*", code, code.rpartition("-")[0]}

    def is_here(self, landscape: str | None, tenant: str | None) -> bool:
        """Whether it is about this landscape and this tenant."""
        return (self.landscape is None or self.landscape.matches(landscape)) and (
            self.tenant is None or self.tenant.matches(tenant)
        )

    @property
    def weight(self) -> tuple[tuple[int, int], ...]:
        """How specific it is: first by rule, then product line, adapter, tenant, landscape; the greater one wins."""
        rule = (0 if self.rule == "*" else 2 if "-" in self.rule else 1, 0)
        others = (self.product_line, self.adapter, self.tenant, self.landscape)
        return (rule, *(_NONE if pattern is None else pattern.weight for pattern in others))

    def __str__(self) -> str:
        """As people read it: `ACT-006, product line BIZ-*`."""
        words = (("product line", self.product_line), ("adapter", self.adapter), ("tenant", self.tenant))
        rest = [f"{name} {pattern}" for name, pattern in (*words, ("landscape", self.landscape)) if pattern is not None]
        return ", ".join(["all rules" if self.rule == "*" else self.rule, *rest])


@dataclass(frozen=True, slots=True)
class Binding:
    """How strictly the rules of a scope are taken."""

    scope: Scope
    mode: Mode


@dataclass(frozen=True, slots=True)
class Override:
    """Parameters of a scope, under the names of the policy (`rate_tolerance_percent`) or of a site rule."""

    scope: Scope
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiver:
    """What is let pass, why, until when, and who said so. A day counts to its end in the trace's zone."""

    rule: str
    reason: str
    until: date | datetime
    who: str
    subject: str | None = None
    product_line: Pattern | None = None
    order: Pattern | None = None

    def covers(self, code: str) -> bool:
        """Whether it is about the rule of that code."""
        return Scope(self.rule).covers(code)

    @property
    def said(self) -> str:
        """As a finding names it."""
        return f"waived by {self.who} until {self.until.isoformat()}: {self.reason}"

    @property
    def place(self) -> str:
        """What it is about, as people read it."""
        parts = (("subject", self.subject), ("product line", self.product_line), ("order", self.order))
        return ", ".join([self.rule, *(f"{name} {value}" for name, value in parts if value is not None)])


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What an operator decides about the rules. Rows stand most specific first. `digest` is over the document."""

    name: str = "default"
    version: int = 0
    bindings: tuple[Binding, ...] = ()
    overrides: tuple[Override, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    site_rules: "tuple[SiteRule, ...]" = ()
    digest: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """As decisions name it: `operator@3`."""
        return f"{self.name}@{self.version}"

    def bind(self, catalogue: "Catalogue", *, landscape: str | None = None, tenant: str | None = None) -> "Catalogue":
        """Return the catalogue as this rule set has it taken; see `gateway.rules.bindings.bind`."""
        from gateway.rules.bindings.bind import bind  # noqa: PLC0415 - a catalogue knows treatments, and these waivers

        return bind(self, catalogue, landscape=landscape, tenant=tenant)


def digest_of(text: str) -> str:
    """Return `sha256:…` over a document's text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

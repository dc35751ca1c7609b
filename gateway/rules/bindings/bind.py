"""Binding a catalogue to a rule set: what can be settled beforehand is settled here, not with each finding."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.rules.bindings.modes import Mode, Pattern
from gateway.rules.bindings.overrides import Overrides
from gateway.rules.bindings.rule_set import RuleSet
from gateway.rules.bindings.treatment import Bound, Row, Treatment
from gateway.rules.catalogue import Catalogue
from gateway.rules.rule import Rule

__all__ = ["bind", "treatment_of"]


def bind(
    rule_set: RuleSet, catalogue: Catalogue, *, landscape: str | None = None, tenant: str | None = None
) -> Catalogue:
    """Return the catalogue as a rule set has it taken, site rules included; usable wherever a catalogue is.

    Rows for another landscape or tenant than the ones named here do not apply.
    """
    site = {one.rule.code: one for one in rule_set.site_rules}
    rules = (*catalogue.rules, *(one.rule for one in rule_set.site_rules))
    treatments = {
        rule.code: treatment_of(
            rule_set,
            rule.code,
            default=site[rule.code].mode if rule.code in site else Mode.ENFORCE,
            landscape=landscape,
            tenant=tenant,
        )
        for rule in rules
    }
    marked = {code: one for code, one in treatments.items() if not one.is_plain}
    bound = Bound(rule_set.label, marked, _overrides(rule_set, rules, landscape, tenant))
    return Catalogue(rules, bound)


def treatment_of(
    rule_set: RuleSet,
    code: str,
    *,
    default: Mode = Mode.ENFORCE,
    landscape: str | None = None,
    tenant: str | None = None,
) -> Treatment:
    """Return how a rule set has one rule taken; `default` is what holds where no row fits."""
    rows: list[Row] = []
    for binding in rule_set.bindings:
        scope = binding.scope
        if not scope.covers(code) or not scope.is_here(landscape, tenant):
            continue
        if scope.product_line is None and scope.adapter is None:
            default = binding.mode  # rows stand most specific first: what follows can never be reached
            break
        rows.append(Row(scope.product_line, scope.adapter, binding.mode))
    while rows and rows[-1].mode is default:
        rows.pop()
    return Treatment(tuple(rows), tuple(one for one in rule_set.waivers if one.covers(code)), default)


def _overrides(rule_set: RuleSet, rules: Iterable[Rule], landscape: str | None, tenant: str | None) -> Overrides | None:
    rows: dict[str, tuple[tuple[Pattern | None, Mapping[str, Any]], ...]] = {}
    for rule in rules:
        mine = [
            (override.scope.product_line, {name: one for name, one in override.values.items() if name in rule.params})
            for override in reversed(rule_set.overrides)
            if override.scope.covers(rule.code) and override.scope.is_here(landscape, tenant)
        ]
        found = tuple(row for row in mine if row[1])
        if found:
            rows[rule.code] = found
    return Overrides(rows) if rows else None

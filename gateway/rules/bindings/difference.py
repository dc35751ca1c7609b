"""What differs between two rule sets, by what it does to orders: tightened, loosened, added, removed, changed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.read import parameter_name
from gateway.rules.bindings.rule_set import Override, RuleSet, Scope, Waiver
from gateway.rules.catalogue import Catalogue
from gateway.rules.site.site_rule import SiteRule

__all__ = ["Effect", "Row", "diff"]


class Effect(StrEnum):
    """What a difference does. Added and removed are rules; a rule on trial or turned off is one all the same."""

    ADDED = "added"
    REMOVED = "removed"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"


class Row(NamedTuple):
    """One difference: what kind of row, about what, what it said and what it says."""

    effect: Effect
    kind: str  # site-rule | mode | parameter | waiver
    about: str
    was: str
    now: str


_SMALLER_IS_STRICTER = frozenset({"rate_tolerance_percent", "backdate_days", "bill_lag_days", "grace_minutes"})
_SEVERITY = {"warn": 0, "hold": 1, "reject": 2}


def diff(old: RuleSet, new: RuleSet, catalogue: Catalogue) -> tuple[Row, ...]:
    """Return what differs, site rules first; `catalogue` has the built-in rules. Nothing differs from itself."""
    return (*_site_rules(old, new), *_modes(old, new, catalogue), *_parameters(old, new), *_waivers(old, new))


# -- site rules ------------------------------------------------------------------------------------------------------


def _site_rules(old: RuleSet, new: RuleSet) -> Iterator[Row]:
    before = {one.rule.code: one for one in old.site_rules}
    after = {one.rule.code: one for one in new.site_rules}
    for code in sorted(before.keys() | after.keys()):
        was, now = before.get(code), after.get(code)
        if was is None and now is not None:
            yield Row(Effect.ADDED, "site-rule", code, "", _told(now))
        elif now is None and was is not None:
            yield Row(Effect.REMOVED, "site-rule", code, _told(was), "")
        elif was is not None and now is not None:
            one, other = was.definition, now.definition
            if one.severity is not other.severity:
                stricter = _SEVERITY[other.severity] > _SEVERITY[one.severity]
                effect = Effect.TIGHTENED if stricter else Effect.LOOSENED
                yield Row(effect, "site-rule", f"{code} severity", one.severity, other.severity)
            changed = [
                name
                for name in type(one).model_fields
                if name not in {"severity", "lifecycle"} and getattr(one, name) != getattr(other, name)
            ]
            if changed:
                yield Row(Effect.CHANGED, "site-rule", code, f"version {one.version}", f"other {', '.join(changed)}")


def _told(one: SiteRule) -> str:
    return f"{one.definition.title} ({one.definition.lifecycle})"


# -- modes -----------------------------------------------------------------------------------------------------------


def _modes(old: RuleSet, new: RuleSet, catalogue: Catalogue) -> Iterator[Row]:
    before, after = _defaults(old, catalogue), _defaults(new, catalogue)
    scopes = list(dict.fromkeys(one.scope for one in (*old.bindings, *new.bindings)))
    for code in sorted(before.keys() & after.keys()):
        mine = [scope for scope in scopes if scope.covers(code)]
        base = Scope(code)
        was, now = _mode(old, base, before[code]), _mode(new, base, after[code])
        if was is not now:
            yield _mode_row(base, was, now)
        narrower = {_narrowed(scope, code) for scope in mine} - {base}
        for scope in sorted(narrower, key=lambda one: (one.weight, str(one))):
            one, other = _mode(old, scope, before[code]), _mode(new, scope, after[code])
            if one is not other and (one, other) != (was, now):  # else the row above has said it
                yield _mode_row(scope, one, other)


def _mode_row(scope: Scope, was: Mode, now: Mode) -> Row:
    effect = Effect.TIGHTENED if now.strictness > was.strictness else Effect.LOOSENED
    return Row(effect, "mode", str(scope), was, now)


def _narrowed(scope: Scope, code: str) -> Scope:
    return Scope(code, scope.product_line, scope.adapter, scope.tenant, scope.landscape)


def _defaults(rule_set: RuleSet, catalogue: Catalogue) -> Mapping[str, Mode]:
    return {rule.code: Mode.ENFORCE for rule in catalogue.rules} | {
        one.rule.code: one.mode for one in rule_set.site_rules
    }


def _mode(rule_set: RuleSet, scope: Scope, default: Mode) -> Mode:
    """Return how the rule of a scope is taken exactly there."""
    return next((one.mode for one in rule_set.bindings if _includes(one.scope, scope)), default)


def _includes(wide: Scope, narrow: Scope) -> bool:
    """Whether whatever is in the narrow scope is in the wide one."""
    pairs = (
        (wide.product_line, narrow.product_line),
        (wide.adapter, narrow.adapter),
        (wide.tenant, narrow.tenant),
        (wide.landscape, narrow.landscape),
    )
    return wide.covers(narrow.rule) and all(outer is None or outer.includes(inner) for outer, inner in pairs)


# -- parameters ------------------------------------------------------------------------------------------------------


def _parameters(old: RuleSet, new: RuleSet) -> Iterator[Row]:
    before, after = _by_scope(old.overrides), _by_scope(new.overrides)
    for scope, name in sorted(before.keys() | after.keys(), key=lambda key: (str(key[0]), key[1])):
        was, now = before.get((scope, name)), after.get((scope, name))
        if was == now:
            continue
        about = f"{scope}: {parameter_name(name)}"
        yield Row(_direction(name, was, now), "parameter", about, _words(was), _words(now))


def _by_scope(overrides: Iterable[Override]) -> dict[tuple[Scope, str], Any]:
    return {(one.scope, name): value for one in overrides for name, value in one.values.items()}


def _direction(name: str, was: Any, now: Any) -> Effect:
    """Smaller tolerances are stricter; where one side leaves it to the landscape, nobody can tell."""
    if name not in _SMALLER_IS_STRICTER or was is None or now is None:
        return Effect.CHANGED
    return Effect.TIGHTENED if now < was else Effect.LOOSENED


def _words(value: Any) -> str:
    return "as the landscape says" if value is None else str(value)


# -- waivers ---------------------------------------------------------------------------------------------------------


def _waivers(old: RuleSet, new: RuleSet) -> Iterator[Row]:
    before, after = _by_place(old.waivers), _by_place(new.waivers)
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place), after.get(place)
        if was == now:
            continue
        if was is None or now is None:
            effect = Effect.LOOSENED if was is None else Effect.TIGHTENED
        elif _end(was) != _end(now):
            effect = Effect.LOOSENED if _end(now) > _end(was) else Effect.TIGHTENED
        else:
            effect = Effect.CHANGED
        yield Row(effect, "waiver", place, was.said if was else "", now.said if now else "")


def _by_place(waivers: Iterable[Waiver]) -> dict[str, Waiver]:
    return {one.place: one for one in sorted(waivers, key=_end)}


def _end(waiver: Waiver) -> datetime:
    until = waiver.until
    return until if isinstance(until, datetime) else datetime.combine(_next(until), time(), UTC)


def _next(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)

"""AGR-001: two systems, one truth."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Severity
from gateway.canonical.quantity import Quantity
from gateway.rules.context import Context
from gateway.rules.facts import Statement
from gateway.rules.quantities import quantity
from gateway.rules.rule import Problem, rule
from gateway.rules.work import RESOURCES

__all__ = ["systems_that_disagree"]

_COMPARED = (
    "party.identified",
    "account.open",
    "offer.valid",
    "address.resolved",
    "site.qualified",
    "appointment.booked",
    "field.completed",
    "device.bound",
    "service.activated",
    "charge.started",
)
_MEMBERS = ("party", "account", "customer", "offering", "place", "location", "result", "appointment", "product")
_ONE_OF_A_KIND = RESOURCES | {"serial"}
_CHAIN = ("resource.reserved", "resource.assigned", "service.activated")


@rule(
    "AGR-001",
    gate=None,
    severity=Severity.HOLD,
    reads=("facts",),
    since="0.1",
    level=9,
    params=("rate_tolerance_percent",),
)
def systems_that_disagree(ctx: Context) -> Iterator[Problem]:
    """What several systems say of one thing agrees.

    What it checks: statements of different systems about the same fact name the same party, account, offering, place,
        product, port, number, card and device, and rates within the policy's tolerance; what was reserved is what is
        assigned and what runs.
    Why it matters: each system goes on with its own truth, until the customer finds the difference.
    Passes: the provisioning system and the probe name one port.
    Fails: the inventory assigned port 4, the probe sees port 5.
    Harmless look-alike: the same location under another place id; a number written otherwise; a statement that
        supersedes the other with its reason; a system that says less than the other.
    How to fix: find out which system is right, and send its statement with `supersedes` and `reason`.
    """
    for predicate in _COMPARED:
        told: set[tuple[str, str]] = set()
        standing = ctx.facts_of(predicate)
        for statement in standing if len(standing) > 1 else ():
            yield from _against_first(ctx, statement, told)
    for line in ctx.live:
        yield from _chain(ctx, line.subject)


def _against_first(ctx: Context, statement: Statement, told: set[tuple[str, str]]) -> Iterator[Problem]:
    path, fact = statement
    first = ctx.index.about(fact.predicate, fact.subject)[0]
    if first.path == path or first.fact.source.system == fact.source.system:
        return
    for member in _MEMBERS:
        if member not in fact.value or member not in first.fact.value:
            continue
        mine, theirs = fact.value[member], first.fact.value[member]
        if mine is None or theirs is None or _same(ctx, mine) == _same(ctx, theirs):
            continue
        if (fact.subject, member) not in told:
            told.add((fact.subject, member))
            yield Problem(f"{path}.value.{member}", _said(fact, mine, first.fact, theirs, member), (first.path,))
    for name in sorted(fact.value.keys() & first.fact.value.keys()):
        line = ctx.by_id.get(fact.subject.removeprefix("item:"))
        spec = ctx.spec(line.item, name) if line is not None else None
        unit = spec.unit if spec is not None else None
        one, other = quantity(fact.value[name], unit), quantity(first.fact.value[name], unit)
        if one is not None and other is not None and _apart(one, other, ctx.policy_for(line).rate_tolerance_percent):
            said = f"{one.amount} {one.unit}", f"{other.amount} {other.unit}"
            words = _said(fact, said[0], first.fact, said[1], name)
            yield Problem(f"{path}.value.{name}", words, (first.path,), observed=said[0], expected=said[1])
            break  # what is wrong with one rate is wrong with both directions: one cause, told once
    ours, known = _kinds(ctx, statement), _kinds(ctx, first)
    for kind in sorted(ours.keys() & known.keys() & _ONE_OF_A_KIND):
        if not ours[kind].keys() & known[kind].keys():
            value, where = next(iter(ours[kind].items()))
            yield Problem(where, _said(fact, value, first.fact, next(iter(known[kind])), kind), (first.path,))


def _apart(one: Quantity, other: Quantity, tolerance: Decimal) -> bool:
    """Whether two measures are further apart than the policy lets a rate fall short of another."""
    if one.dimension != other.dimension or one.dimension not in {"rate", "data"}:
        return False
    low, high = sorted((one.base, other.base))
    return low * 100 < high * (100 - tolerance)


def _chain(ctx: Context, subject: str) -> Iterator[Problem]:
    """What was reserved for an item is what it gets, kind by kind."""
    before: dict[str, tuple[set[str], Statement]] = {}
    for predicate in _CHAIN:
        standing = ctx.statements(predicate, subject)
        now: dict[str, dict[str, str]] = {}
        for statement in reversed(standing):  # so that the best statement's path stays
            for kind, values in _kinds(ctx, statement).items():
                now.setdefault(kind, {}).update(values)
        for kind in sorted(now.keys() & RESOURCES):
            values = now[kind]
            known = before.get(kind)
            if known is not None and values.keys().isdisjoint(known[0]) and not _is_explained(standing):
                value, where = next(iter(values.items()))
                old = known[1].fact
                reason = f"the {kind} of {subject} is {value}, {old.source.system} had {min(known[0])}"
                yield Problem(where, reason, (known[1].path,))
            before[kind] = (set(values), standing[0])


def _is_explained(standing: Sequence[Statement]) -> bool:
    return any((one.fact.reason or "").strip() for one in standing)


def _kinds(ctx: Context, statement: Statement) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in ctx.identifiers_of(statement):
        found.setdefault(one.kind, {})[one.value] = one.path
    return found


def _same(ctx: Context, value: Any) -> Any:
    return ctx.location(value) if isinstance(value, str) else value


def _said(fact: Fact, mine: Any, first: Fact, theirs: Any, member: str) -> str:
    return f"{fact.source.system} says {member} {mine} of {fact.subject}, {first.source.system} says {theirs}"

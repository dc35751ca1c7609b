"""A site rule as a rule of the catalogue: asked, shown and explained like any other."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.canonical.fact import FactKey
from gateway.canonical.judgement import Severity
from gateway.rules.bindings.modes import Mode
from gateway.rules.rule import Problem, Rule
from gateway.rules.site.definition import Definition, Example
from gateway.rules.site.evaluation import Absent, Outcome, Programs, evaluate, message_of
from gateway.rules.site.names import Used
from gateway.rules.site.values import (
    instant_json,
    item_json,
    order_json,
    plain_json,
    policy_json,
    service_json,
)
from gateway.rules.site.where import Where

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line, ServiceLine

__all__ = ["SiteRule", "site_rule"]


@dataclass(frozen=True, slots=True, eq=False)
class SiteRule:
    """A rule that an operator wrote, and the rule of the catalogue that it is."""

    definition: Definition
    rule: Rule

    @property
    def mode(self) -> Mode:
        """How it is taken where no binding says otherwise."""
        return self.definition.lifecycle.mode


class _Situation(NamedTuple):
    """What the variables stand for in one evaluation."""

    path: str
    line: "Line | None" = None
    service: "ServiceLine | None" = None


def site_rule(definition: Definition, programs: Programs, names: Used, where: Where) -> SiteRule:
    """Return the rule of a definition whose parts have been checked; `names` are those of all its expressions."""
    scope = "service" if "service" in names.variables else "item" if "item" in names.variables else "order"

    def check(ctx: "Context") -> Iterator[Problem]:
        for situation in _situations(ctx, scope, where, names):
            yield from _judged(ctx, definition, programs, names, situation)

    made = Rule(
        code=definition.code,
        name=re.sub(r"\W+", "_", definition.title.lower()).strip("_"),
        title=definition.title,
        gate=definition.gate,
        severity=definition.severity,
        reads=_parts(names),
        since=definition.source,
        level=definition.level,
        blocked_by=definition.waits_for,
        params=tuple(definition.params),
        doc={
            "What it checks": definition.human,
            "Why it matters": definition.loss,
            "Passes": _names(definition.examples.passing),
            "Fails": _names(definition.examples.fail),
            "Harmless look-alike": _names(definition.examples.benign),
            "How to fix": definition.remedy,
        },
        check=check,
        version=definition.version,
    )
    return SiteRule(definition, made)


def _names(examples: list[Example]) -> str:
    return "; ".join(one.name for one in examples) + "."


def _parts(names: Used) -> tuple[str, ...]:
    needs = (("product_order", {"item", "order"}), ("service_orders", {"service", "services"}))
    return tuple(part for part, variables in needs if names.variables & variables) or ("product_order|service_orders",)


def _situations(ctx: "Context", scope: str, where: Where, names: Used) -> Iterator[_Situation]:
    if scope == "order":
        yield _Situation(_joined("product_order", where[1]) if ctx.order is not None else "service_orders[0]")
    elif scope == "item":
        for line in ctx.live:
            yield _Situation(_path(where, line, None), line)
    else:
        for service in ctx.live_services:
            line_of = ctx.by_id.get(service.product_item) if service.product_item is not None else None
            if line_of is not None or "item" not in names.variables:
                yield _Situation(_path(where, line_of, service), line_of, service)


def _path(where: Where, line: "Line | None", service: "ServiceLine | None") -> str:
    scope, rest = where
    if scope == "order":
        return _joined("product_order", rest)
    if scope == "service" and service is not None:
        return _joined(service.path, rest)
    if line is not None:
        return _joined(line.path, rest if scope == "item" else "")
    return service.path if service is not None else ""


def _joined(head: str, rest: str) -> str:
    return f"{head}.{rest}" if rest else head


def _variables(ctx: "Context", definition: Definition, names: Used, at: _Situation) -> dict[str, Any]:
    line, order = at.line, ctx.order
    makers: Mapping[str, Callable[[], Any]] = {
        "item": lambda: {} if line is None else ctx.memo(f"site {line.path}", lambda c: item_json(c, line)),
        "order": lambda: {} if order is None else ctx.memo("site order", lambda c: order_json(c, order)),
        "service": lambda: service_json(at.service) if at.service else {},
        "services": lambda: [service_json(one) for one in _services(ctx, at)],
        "params": lambda: plain_json(_params(ctx, definition, at)),
        "policy": lambda: policy_json(ctx.policy),
        "now": lambda: instant_json(ctx, ctx.now),
    }
    return {name: makers[name]() for name in names.variables}


def _services(ctx: "Context", at: _Situation) -> Iterator["ServiceLine"]:
    for one in ctx.live_services:
        if at.line is None or one.product_item == at.line.item.id:
            yield one


def _params(ctx: "Context", definition: Definition, at: _Situation) -> dict[str, Any]:
    own = {} if ctx.overrides is None else ctx.overrides.values(ctx, at.line)
    return {**definition.params, **own}


def _judged(
    ctx: "Context", definition: Definition, programs: Programs, names: Used, at: _Situation
) -> Iterator[Problem]:
    variables = _variables(ctx, definition, names, at)
    before, absent = len(ctx.unknown), list[FactKey]()

    def fact(name: str, subject: str) -> Any:
        found = ctx.fact(name, subject)
        if found is None:
            absent.append(FactKey(name, subject))
            raise Absent(name)
        return plain_json(found.value)

    outcome = evaluate(programs, variables, fact)
    wanted = [key for key in dict.fromkeys(absent) if key.predicate not in ctx.not_yet]
    if outcome.kind == "fails":
        words = message_of(programs, variables, fact, otherwise=definition.title)
        del ctx.unknown[before:]
        yield Problem(at.path, words)
        return
    del ctx.unknown[before:]  # what was asked for and did not matter in the end is not waited for
    if outcome.kind == "unknown":
        if definition.on_missing == "hold":
            ctx.unknown.extend(wanted)
        elif definition.on_missing == "fail" and wanted:
            yield Problem(at.path, f"{definition.title}: {', '.join(map(str, wanted))} is not known")
    else:
        yield from _exception(definition, outcome, at.path)


def _exception(definition: Definition, outcome: Outcome, path: str) -> Iterator[Problem]:
    """Yield what is said of a situation that cannot be judged, other than for the want of a fact."""
    if outcome.kind == "lacks" and definition.on_missing != "pass":
        reason = f"{definition.title}: cannot be told, since a member is not stated ({outcome.words})"
        yield Problem(path, reason, severity=None if definition.on_missing == "fail" else Severity.HOLD)
    if outcome.kind == "broken" and definition.on_error != "pass":
        reason = f"rule error: {outcome.words}"
        fix = f"tell {definition.owner}, who own rule {definition.code}"
        yield Problem(path, reason, fix=fix, severity=None if definition.on_error == "fail" else Severity.HOLD)

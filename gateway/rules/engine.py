"""How a gate answers: every rule whose parts are there is asked, required facts are sought, one verdict comes out."""

import logging
from collections.abc import Collection, Mapping
from functools import lru_cache

from gateway.canonical.fact import PREDICATES, FactKey
from gateway.canonical.judgement import Finding, Gate, Judgement, Severity, Verdict
from gateway.canonical.lifecycle import Trace
from gateway.canonical.states import BlockedBy
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.treatment import Treatment
from gateway.rules.catalogue import Catalogue, Plan, parts_of
from gateway.rules.context import Context
from gateway.rules.needs import missing
from gateway.rules.paths import PREDICATE_GATE, fact_at, gate_of
from gateway.rules.rule import Problem, Rule

__all__ = ["GATES", "Catalogue", "gates_of", "judge", "judge_all"]

GATES = tuple(Gate)

_LOG = logging.getLogger(__name__)
_POSITION = {gate: gate.position for gate in Gate}
_CUSTOMER_FACTS = frozenset({"selfinstall.chosen", "acceptance.given"})
_PLAIN: Mapping[str, Treatment] = {}
_OUTSIDE_LAST = Gate.BUILD_TO_ACTIVATION


def judge(trace: Trace, gate: Gate, catalogue: Catalogue, *, not_yet: frozenset[str] = frozenset()) -> Judgement:
    """Return what one gate says of a trace: advance, hold or reject, with what is missing and what was found.

    Facts in `not_yet` cannot be there yet: they are neither required nor missing. `service.*` stands for every
    predicate that begins so. Never raises: a rule that breaks is a finding of its own code that holds the gate.
    """
    ctx = Context(trace, _expand(not_yet))
    plan = catalogue.plan(gate, parts_of(trace))
    last = max(gate, gates_of(trace)[-1], key=_POSITION.__getitem__)
    found = _ask(ctx, plan, gate, last, only=gate)
    return _answer(ctx, gate, found.get(gate) or Bucket(), plan)


def judge_all(trace: Trace, catalogue: Catalogue, *, not_yet: frozenset[str] = frozenset()) -> tuple[Judgement, ...]:
    """Return the answers of all gates whose inputs the trace has, from intake on, as `gates_of` says.

    A later gate is judged even where an earlier one failed. A finding that would belong to a gate after the last one
    is said at the last one.
    """
    gates = gates_of(trace)
    ctx = Context(trace, _expand(not_yet))
    plan = catalogue.plan(None, parts_of(trace))
    found = _ask(ctx, plan, gates[0], gates[-1], only=None)
    return tuple(_answer(ctx, gate, found.get(gate) or Bucket(), plan) for gate in gates)


def gates_of(trace: Trace) -> tuple[Gate, ...]:
    """Return the gates that a trace has the inputs for: those up to the first part that is absent."""
    if trace.service_orders is None:
        return GATES[:1]
    if trace.product_order is None or trace.rates is None:
        return GATES[:3]
    return GATES[:4] if trace.bills is None and trace.ledger is None else GATES


class Bucket:
    """What the rules said at one gate: findings and unknown facts, and those of rules on trial."""

    __slots__ = ("findings", "tried", "tried_unknown", "unknown")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unknown: dict[FactKey, None] = {}
        self.tried: list[Finding] = []
        self.tried_unknown: dict[FactKey, None] = {}


def _ask(ctx: Context, plan: Plan, first: Gate, last: Gate, *, only: Gate | None) -> dict[Gate, Bucket]:
    """Ask the rules; sort what they say by gate. With `only`, what belongs to another gate is left out."""
    buckets: dict[Gate, Bucket] = {}
    treatments: Mapping[str, Treatment] = _PLAIN if plan.bound is None else plan.bound.treatments
    ctx.overrides = None if plan.bound is None else plan.bound.overrides
    for rule in plan.rules:
        ctx.asked = rule.code
        try:
            problems = list(rule.check(ctx))
        except Exception:  # noqa: BLE001 - a broken rule must hold its own gate and stop nothing else
            ctx.unknown.clear()
            findings = _until_it_broke(ctx, rule, first, last)
        else:
            if not problems and not ctx.unknown:
                continue
            findings = [_finding(ctx, rule, problem, last) for problem in problems]
        unknown = tuple(ctx.unknown)
        ctx.unknown.clear()
        treatment = treatments.get(rule.code)
        for gate, finding in findings:
            if only is None or gate is only:
                _put(buckets.setdefault(gate, Bucket()), ctx, finding, treatment)
        for key in unknown:
            gate = _later(rule.gate or first, PREDICATE_GATE.get(key.predicate, first), last)
            if only is None or gate is only:
                _wait(buckets.setdefault(gate, Bucket()), ctx, key, treatment)
    return buckets


def _until_it_broke(ctx: Context, rule: Rule, first: Gate, last: Gate) -> list[tuple[Gate, Finding]]:
    """Ask a rule that broke once more: return what it finds before, each with its gate, and that it broke."""
    findings: list[tuple[Gate, Finding]] = []
    try:
        for problem in rule.check(ctx):
            findings.append(_finding(ctx, rule, problem, last))  # noqa: PERF401 - keep what was said before a break
    except Exception as error:  # noqa: BLE001 - a broken rule must hold its own gate and stop nothing else
        _LOG.exception("rule %s broke", rule.code)
        findings.append(_broken(rule, error, first, last))
    return findings


def _put(bucket: Bucket, ctx: Context, finding: Finding, treatment: Treatment | None) -> None:
    if treatment is None:
        bucket.findings.append(finding)
        return
    mode, shown = treatment.finding(ctx, finding)
    if mode is not Mode.OFF:
        (bucket.tried if mode is Mode.DRY_RUN else bucket.findings).append(shown)


def _wait(bucket: Bucket, ctx: Context, key: FactKey, treatment: Treatment | None) -> None:
    mode = Mode.ENFORCE if treatment is None else treatment.unknown(ctx, key)
    if mode is Mode.ENFORCE:
        bucket.unknown[key] = None
    elif mode is Mode.DRY_RUN:
        bucket.tried_unknown[key] = None


def _finding(ctx: Context, rule: Rule, problem: Problem, last: Gate) -> tuple[Gate, Finding]:
    path, reason, related, fix, severity, observed, expected = problem
    facts, outside = ctx.trace.facts, ctx.order is None
    known = gate_of(path, facts, outside=outside)
    for other in related:
        known = max(known, gate_of(other, facts, outside=outside), key=_POSITION.__getitem__)
    gate = known if rule.gate is None else max(known, rule.gate, key=_POSITION.__getitem__)
    said = fact_at(path, facts)
    if outside:
        gate = min(gate, _OUTSIDE_LAST, key=_POSITION.__getitem__)
    if _POSITION[gate] > _POSITION[last]:
        gate = last
    return gate, Finding(
        code=rule.code,
        severity=severity or rule.severity,
        gate=gate,
        path=path,
        reason=reason,
        fix=fix or rule.fix,
        related=related,
        blocked_by=rule.blocked_by,
        observed=observed,
        expected=expected,
        source=said.source if said is not None else None,
        subject=said.subject if said is not None else None,
        known_at=known,
    )


def _broken(rule: Rule, error: Exception, first: Gate, last: Gate) -> tuple[Gate, Finding]:
    gate = _later(rule.gate or first, first, last)
    return gate, Finding(
        code=rule.code,
        severity=Severity.HOLD,
        gate=gate,
        path="",
        reason=f"rule error: {type(error).__name__}: the rule could not be evaluated",
        fix=f"tell the maintainers of rule {rule.code}; the order is sound as far as the other rules can see",
    )


def _later(one: Gate, other: Gate, last: Gate) -> Gate:
    return min(max(one, other, key=_POSITION.__getitem__), last, key=_POSITION.__getitem__)


def _answer(ctx: Context, gate: Gate, bucket: Bucket, plan: Plan) -> Judgement:
    findings = bucket.findings
    lacking = dict.fromkeys(missing(ctx, gate))
    lacking.update(bucket.unknown)
    severities = {finding.severity for finding in findings}
    if Severity.REJECT in severities:
        verdict = Verdict.REJECT
    elif lacking or Severity.HOLD in severities:
        verdict = Verdict.HOLD
    else:
        verdict = Verdict.ADVANCE
    return Judgement(
        gate=gate,
        verdict=verdict,
        missing=tuple(lacking),
        findings=tuple(sorted(findings, key=_order)),
        rules=plan.codes,
        facts=ctx.facts_read(),
        blocked_by=_blocked_by(lacking, findings),
        dry_run=tuple(sorted(bucket.tried, key=_order)),
        dry_run_missing=tuple(bucket.tried_unknown),
        rule_set=plan.bound.label if plan.bound is not None else "",
    )


def _order(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.path, finding.reason


def _blocked_by(lacking: Collection[FactKey], findings: Collection[Finding]) -> BlockedBy:
    """The customer's where every open thing is the customer's, else the provider's."""
    if not lacking and not findings:
        return BlockedBy.PROVIDER
    owners = {f.blocked_by for f in findings if f.severity is not Severity.WARN}
    owners |= {BlockedBy.CUSTOMER if k.predicate in _CUSTOMER_FACTS else BlockedBy.PROVIDER for k in lacking}
    return BlockedBy.CUSTOMER if owners == {BlockedBy.CUSTOMER} else BlockedBy.PROVIDER


@lru_cache(maxsize=64)
def _expand(not_yet: frozenset[str]) -> frozenset[str]:
    whole = {name for name in not_yet if not name.endswith("*")}
    stems = tuple(name[:-1] for name in not_yet if name.endswith("*"))
    return frozenset(whole | {name for name in PREDICATES if stems and name.startswith(stems)})

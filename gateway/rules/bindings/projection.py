"""How many orders a rule would hold if it were enforced: asked of traffic that is stored, changing nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from gateway.canonical.judgement import Judgement, Severity, Verdict
from gateway.canonical.lifecycle import Trace
from gateway.rules.bindings.bind import bind
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.rule_set import Binding, RuleSet, Scope
from gateway.rules.catalogue import Catalogue
from gateway.rules.engine import judge_all

__all__ = ["Projection", "project"]

_Z = 1.96  # 95 %


@dataclass(frozen=True, slots=True)
class Projection:
    """What one rule would do to `orders` traces. `newly` are those that no other rule keeps from advancing."""

    rule: str
    orders: int
    would_hold: int
    would_reject: int
    newly: int

    @property
    def rate(self) -> float:
        """The share of orders that it would stop."""
        return (self.would_hold + self.would_reject) / self.orders if self.orders else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of that share (Wilson)."""
        n, p = self.orders, self.rate
        if not n:
            return 0.0, 1.0
        middle, spread = p + _Z * _Z / (2 * n), _Z * sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
        whole = 1 + _Z * _Z / n
        return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def project(traces: Iterable[Trace], catalogue: Catalogue, codes: Sequence[str]) -> tuple[Projection, ...]:
    """Return, for each rule of those codes, what it would do to each trace if it were enforced as it is written.

    The parameters are those of `catalogue`. Raises KeyError for a code that the catalogue lacks.
    """
    alone = {code: _alone(catalogue, code) for code in codes}
    orders, counts = 0, {code: [0, 0, 0] for code in codes}
    for trace in traces:
        orders += 1
        stands = any(one.verdict is not Verdict.ADVANCE for one in judge_all(trace, catalogue))
        for code, catalogue_of_one in alone.items():
            said = _worst(judge_all(trace, catalogue_of_one))
            if said is not None:
                counts[code][said is Verdict.REJECT] += 1
                counts[code][2] += not stands
    return tuple(Projection(code, orders, *found) for code, found in counts.items())


def _alone(catalogue: Catalogue, code: str) -> Catalogue:
    """Return a catalogue of that rule only, on trial, so that what it says stands apart from what gates require."""
    rule = catalogue.rule(code)
    if rule is None:
        raise KeyError(code)
    trial = bind(RuleSet(bindings=(Binding(Scope(code), Mode.DRY_RUN),)), Catalogue([rule]))
    assert trial.bound is not None
    overrides = catalogue.bound.overrides if catalogue.bound is not None else None
    return Catalogue([rule], trial.bound._replace(overrides=overrides))


def _worst(judgements: Iterable[Judgement]) -> Verdict | None:
    """Return what the rules on trial would have made of a trace, or None where nothing."""
    found = [finding.severity for one in judgements for finding in one.dry_run]
    if Severity.REJECT in found:
        return Verdict.REJECT
    return Verdict.HOLD if Severity.HOLD in found or any(one.dry_run_missing for one in judgements) else None

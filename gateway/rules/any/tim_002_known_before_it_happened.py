"""TIM-002: first it happens, then it is known."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["known_before_it_happened"]


@rule("TIM-002", gate=None, severity=Severity.WARN, reads=("facts",), since="0.1", level=8, params=("grace_minutes",))
def known_before_it_happened(ctx: Context) -> Iterator[Problem]:
    """Nothing is recorded before it was observed.

    What it checks: observedAt of a fact is not later than recordedAt by more than the policy's grace.
    Why it matters: sequences that cannot be make every later comparison worthless.
    Passes: observed at 14:02, recorded at 14:03.
    Fails: recorded two days before it was observed.
    Harmless look-alike: clocks that are some minutes apart; a late report, which is recorded days after.
    How to fix: have the system that reports set its clock, or correct the instant.
    """
    grace = ctx.grace_for(None)
    for number, fact in enumerate(ctx.trace.facts):
        seen, told = fact.observed_at, fact.recorded_at
        if told is None:
            continue
        if seen.tzinfo is None or told.tzinfo is None:
            seen, told = ctx.instant(seen), ctx.instant(told)
        if seen - told > grace:
            said = f"{fact.key} was observed at {fact.observed_at}, after it was recorded at {fact.recorded_at}"
            yield Problem(f"facts[{number}].observed_at", said)

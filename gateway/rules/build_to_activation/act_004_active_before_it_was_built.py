"""ACT-004: a service that ran before it was built."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Gate, Severity
from gateway.rules.delivery import happened, visits
from gateway.rules.quantities import plain
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule(
    "ACT-004",
    gate=Gate.BUILD_TO_ACTIVATION,
    severity=Severity.HOLD,
    reads=("facts",),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def active_before_it_was_built(ctx: "Context") -> Iterator[Problem]:
    """A service is said to have run before the field work that it needs was completed.

    What it checks: service.activated of an item that needs a visit holds from field.completed on, give or take the
    policy's grace.
    Why it matters: the one or the other time was made up, and charging would start from it.
    Passes: field work at 12:00, activation at 14:00.
    Fails: field work on Tuesday, activation on Monday.
    Harmless look-alike: an activation some minutes before the technician closes the job; work that is done remotely.
    How to fix: find the true times in the two systems; send the corrected fact with supersedes and a reason.
    """
    for path, subject in visits(ctx):
        built, runs = ctx.statements("field.completed", subject), ctx.statements("service.activated", subject)
        if not built or not runs or _is_remote(built[0].fact):
            continue
        if happened(ctx, runs[0].fact) < happened(ctx, built[0].fact) - ctx.grace_for(ctx.line_of(subject)):
            yield Problem(
                runs[0].path,
                f"{subject} runs since {happened(ctx, runs[0].fact).isoformat()}, "
                f"but its field work was completed at {happened(ctx, built[0].fact).isoformat()}",
                related=(built[0].path, path),
            )


def _is_remote(fact: Fact) -> bool:
    return plain(fact.value.get("remote", "")) == "true" or "remote" in str(fact.value.get("workType", "")).lower()

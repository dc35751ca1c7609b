"""ACT-002: a service that runs on the word of one system."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.fact import Assurance
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import OrderState
from gateway.rules.delivery import has_to_run
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("ACT-002", gate=Gate.BUILD_TO_ACTIVATION, severity=Severity.HOLD, reads=("facts",), since="0.1", level=9)
def service_on_one_word(ctx: "Context") -> Iterator[Problem]:
    """A service is said to run by one system only, and nothing backs it.

    What it checks: service.activated of each item is corroborated or better, or two different systems state it; an item
    that is completed has such a fact.
    Why it matters: one system's word is how dead services get billed.
    Passes: the provisioning system and a probe both say that the service runs.
    Fails: only the provisioning system says so, asserted.
    Harmless look-alike: one statement alone that was measured, so verified.
    How to fix: probe the service and send what the probe saw as a second service.activated from its own system.
    """
    subjects = dict.fromkeys([*(one.item.subject for one in ctx.live), *(one.item.subject for one in ctx.outside)])
    for subject in subjects:
        said = ctx.statements("service.activated", subject)
        if not said or any(one.fact.assurance is not Assurance.ASSERTED for one in said):
            continue
        systems = {one.fact.source.system.strip().lower() for one in said}
        if len(systems) < 2:
            yield Problem(
                said[0].path, f"only {said[0].fact.source.system} says that {subject} runs, and nothing backs it"
            )
    if "service.activated" in ctx.not_yet:
        return
    for line in ctx.live:
        completed = line.item.state is OrderState.COMPLETED and has_to_run(ctx, line)
        if completed and ctx.seen("service.activated", line.subject) is None:
            yield Problem(
                f"{line.path}.state", f"item {line.item.id} is completed, but nobody says that its service runs"
            )

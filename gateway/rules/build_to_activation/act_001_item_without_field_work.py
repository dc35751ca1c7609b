"""ACT-001: an item that needs a visit and has none."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import OrderState
from gateway.rules.delivery import visits
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("ACT-001", gate=Gate.BUILD_TO_ACTIVATION, severity=Severity.HOLD, reads=("facts",), since="0.1", level=8)
def item_without_field_work(ctx: "Context") -> Iterator[Problem]:
    """An item that needs a visit is said to run or to be complete, and no field work was reported.

    What it checks: an item for which somebody has to go out has the fact field.completed once it is said to run, and
    the work was done at the place that was ordered. Before that the gate waits for the fact.
    Why it matters: work that was completed on paper only leaves the customer without service and the crew to go twice.
    Passes: the field system reports the visit, then the service runs.
    Fails: the order is completed and nobody ever reported a visit.
    Harmless look-alike: the customer installs the box, or the offering needs no visit.
    How to fix: find out whether the visit took place; send field.completed with its
    evidence, or take the completion back.
    """
    for path, subject in visits(ctx):
        done = ctx.seen("field.completed", subject)
        if done is None:
            if "field.completed" in ctx.not_yet:
                continue
            runs = ctx.seen("service.activated", subject) is not None
            line = ctx.by_id.get(subject.partition(":")[2])
            if runs or (line is not None and line.item.state is OrderState.COMPLETED):
                said = "runs" if runs else "is completed"
                yield Problem(path, f"{subject} {said}, but no field work was reported for it")
            continue
        place = done.value.get("place")
        line = ctx.by_id.get(subject.partition(":")[2])
        if line is None or line.item.product is None or not isinstance(place, str):
            continue
        wanted = {ctx.location(one.id) for one in line.item.product.places if one.id}
        if wanted and ctx.location(place) not in wanted:
            statement = ctx.statements("field.completed", subject)[0]
            yield Problem(
                f"{statement.path}.value.place",
                f"the work for {subject} was done at {place}, which is not where it was ordered",
                related=(path,),
            )

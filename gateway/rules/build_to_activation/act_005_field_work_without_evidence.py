"""ACT-005: field work that nothing proves."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.fact import Evidence
from gateway.canonical.judgement import Gate, Severity
from gateway.rules.delivery import blank
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_PROVES_ONE_ORDER = ("field.completed", "device.bound", "service.activated")


@rule("ACT-005", gate=Gate.BUILD_TO_ACTIVATION, severity=Severity.HOLD, reads=("facts",), since="0.1", level=8)
def field_work_without_evidence(ctx: "Context") -> Iterator[Problem]:
    """Field work was reported as completed without evidence, or with evidence of another order.

    What it checks: field.completed names at least one photo, level, serial or test, and none of what it names is blank,
    nor a serial that it states; no evidence of field work, device or activation was used for another order.
    Why it matters: without evidence the next crew goes out to find what the first one did not do.
    Passes: a photo and a light level of -18 dBm.
    Fails: an empty list, or a reference that is an empty text.
    Harmless look-alike: one kind of evidence where other jobs have three.
    How to fix: have the field system send the evidence of this visit.
    """
    dead = {line.subject for line in ctx.lines} - {line.subject for line in ctx.live}
    for path, fact in ctx.facts_of("field.completed"):
        if fact.subject in dead:
            continue
        if not any(_says_something(one) for one in fact.evidence):
            yield Problem(f"{path}.evidence", f"the field work for {fact.subject} was completed without evidence")
        elif any(one.ref is not None and blank(one.ref) and blank(one.sha256) for one in fact.evidence):
            yield Problem(f"{path}.evidence", f"evidence of the field work for {fact.subject} is blank")
        elif isinstance(fact.value.get("serial"), str) and blank(fact.value["serial"]):
            yield Problem(f"{path}.value.serial", f"the field work for {fact.subject} states a serial that is blank")
    yield from _used_before(ctx)


def _says_something(one: Evidence) -> bool:
    return not blank(one.kind) and not (blank(one.ref) and blank(one.sha256))


def _used_before(ctx: "Context") -> Iterator[Problem]:
    own = ctx.order.id if ctx.order else None
    used = {
        one.ref: f"others[{number}].facts[{index}]"
        for number, other in enumerate(ctx.trace.others)
        if other.product_order is None or not own or other.product_order.id != own
        for index, fact in enumerate(other.facts)
        if fact.predicate in _PROVES_ONE_ORDER
        for one in fact.evidence
        if not blank(one.ref)
    }
    if not used:
        return
    for predicate in _PROVES_ONE_ORDER:
        for path, fact in ctx.facts_of(predicate):
            for one in fact.evidence:
                if one.ref in used:
                    yield Problem(
                        f"{path}.evidence",
                        f"evidence {one.ref} of {fact.subject} proves another order already",
                        related=(used[one.ref],),
                    )

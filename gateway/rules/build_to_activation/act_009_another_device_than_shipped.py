"""ACT-009: the box that was shipped is the box that runs."""

from collections.abc import Iterator, Sequence

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.facts import Statement
from gateway.rules.identifiers import SWAPS, Identifier
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["another_device_than_shipped"]

_CHAIN = ("resource.reserved", "selfinstall.chosen", "field.completed", "device.bound", "service.activated")


@rule("ACT-009", gate=Gate.BUILD_TO_ACTIVATION, severity=Severity.HOLD, reads=("facts",), since="0.1", level=8)
def another_device_than_shipped(ctx: Context) -> Iterator[Problem]:
    """The device that runs is the device that was installed, bound and shipped, or a swap is recorded.

    What it checks: for each item, order, service order, field work, binding and activation name a common serial
        wherever they name one at all.
    Why it matters: inventory and warranty drift, and the wrong box is shut off one day.
    Passes: serial A shipped, installed, bound and seen.
    Fails: A was installed, B is bound.
    Harmless look-alike: two boxes of which the network sees one; a swap that names its reason; a serial that only one
        system knows.
    How to fix: correct the serial in the system that is wrong, or record the swap with the old serial and the reason.
    """
    for line in ctx.live:
        subject = line.subject
        before = _serials(ctx.identifiers_among(ordered(line.item), f"{line.path}.product.characteristics"))
        if line.item.product is not None and line.item.product.serial:
            before["".join(line.item.product.serial.split()).upper()] = f"{line.path}.product.serial"
        place = line.path
        for service in () if before else ctx.services_of(line.item.id):
            if service.item.service is not None and service.item.action is not ItemAction.DELETE:
                where = f"{service.path}.service.characteristics"
                before.update(_serials(ctx.identifiers_among(service.item.service.characteristics, where)))
                place = service.path
        for predicate in _CHAIN:
            standing = ctx.statements(predicate, subject)
            if not standing:
                continue
            now: dict[str, str] = {}
            for statement in reversed(standing):  # so that the best statement's path stays
                now.update(_serials(ctx.identifiers_of(statement)))
            if now and before and not now.keys() & before.keys() and not _is_swap(standing):
                serial, where = next(iter(now.items()))
                reason = f"{predicate} of {subject} names device {serial}, before it was {min(before)}"
                yield Problem(where, reason, (place,))
            if now:
                before, place = now, standing[0].path


def _serials(found: Sequence[Identifier]) -> dict[str, str]:
    return {one.value: one.path for one in found if one.kind == "serial"}


def _is_swap(standing: Sequence[Statement]) -> bool:
    return any(
        (fact.reason or "").strip()
        or any(fact.value.get(name) for name in SWAPS)
        or any("swap" in one.kind.lower() for one in fact.evidence)
        for _, fact in standing
    )
